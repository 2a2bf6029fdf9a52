using System.Diagnostics;
using System.Text;
using System.Text.Json;

namespace HealthDataNode.Stack.Tests;

/// <summary>A line of journey.ndjson.</summary>
internal sealed record Line(int Step, string Name, string State, string TraceId);

/// <summary>A journey that has ended.</summary>
internal sealed record FinishedJourney(int ExitCode, IReadOnlyList<Line> Lines, string Errors)
{
    public string TraceOf(string step) => Lines.First(line => line.Name == step).TraceId;

    public void MustHaveSucceeded() =>
        Assert.True(ExitCode == 0, $"The journey ended with exit code {ExitCode} at step {Lines[^1].Name}: {Errors}");
}

/// <summary>The journey's program while it runs: only its arguments, nothing of ours in its environment.</summary>
internal sealed class RunningJourney : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(8);
    private readonly Process process;
    private readonly List<Line> lines = [];
    private readonly StringBuilder errors = new();

    private readonly WorldAround world;

    private RunningJourney(Process process, WorldAround world) => (this.process, this.world) = (process, world);

    public bool HasEnded => process.HasExited;

    public static RunningJourney Start(Stack stack)
    {
        var home = Directory.CreateDirectory(stack.In("home", "journey")).FullName;
        var temporary = Directory.CreateDirectory(stack.In("tmp", "journey")).FullName;
        var start = Programs.Start(
            Repository.Program("tests/Journey"),
            [
                "--edge",
                stack.Road.Address.AbsoluteUri,
                "--ca",
                stack.In("ca", "ca.pem"),
                "--people",
                stack.In("people.json"),
                "--report",
                stack.In("journey.json"),
                "--declarations",
                stack.In("holder", "declarations.txt"),
            ],
            []
        );
        start.Environment.Clear();
        start.Environment["PATH"] = Environment.GetEnvironmentVariable("PATH");
        start.Environment["DOTNET_ROOT"] = Environment.GetEnvironmentVariable("DOTNET_ROOT");
        start.Environment["HOME"] = home;
        start.Environment["TMPDIR"] = temporary;
        start.Environment["DOTNET_EnableDiagnostics"] = "0";
        var journey = new RunningJourney(Process.Start(start)!, new WorldAround(stack));
        journey.process.OutputDataReceived += (_, line) => journey.Add(line.Data);
        journey.process.ErrorDataReceived += (_, line) => journey.AddError(line.Data);
        journey.process.BeginOutputReadLine();
        journey.process.BeginErrorReadLine();
        return journey;
    }

    /// <summary>Waits until a step is in a state.</summary>
    public Task ReachesAsync(string step, string state) =>
        WhenAsync($"step {step} {state}", () => Task.FromResult(Snapshot().Any(line => line.Name == step && line.State == state)));

    /// <summary>Waits, looking often, for something that happens while the journey runs.</summary>
    public Task WhenAsync(string what, Func<Task<bool>> holds) =>
        Eventually.WaitAsync(
            what,
            Limit,
            TimeSpan.FromMilliseconds(5),
            async () =>
            {
                var now = await holds();
                Assert.True(now || !HasEnded, $"The journey ended before {what}: {errors}");
                return now;
            }
        );

    public async Task<FinishedJourney> EndAsync()
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Limit);
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException) when (!TestContext.Current.CancellationToken.IsCancellationRequested)
        {
            Assert.Fail($"The journey did not end within {Limit.TotalMinutes} minutes; it is at {Snapshot()[^1]}: {errors}");
        }
        return new(process.ExitCode, Snapshot(), errors.ToString());
    }

    public void Dispose()
    {
        if (!process.HasExited)
        {
            process.Kill();
        }
        // It may have been killed, or have failed, in the middle of any step.
        world.Ends("revoke");
        process.Dispose();
    }

    private List<Line> Snapshot()
    {
        lock (lines)
        {
            return [.. lines];
        }
    }

    private void Add(string? text)
    {
        if (text is not { Length: > 0 })
        {
            return;
        }
        var line = JsonSerializer.Deserialize<Line>(text, JsonSerializerOptions.Web)!;
        if (line.State == "started")
        {
            world.Begins(line.Name);
        }
        else
        {
            world.Ends(line.Name);
        }
        lock (lines)
        {
            lines.Add(line);
        }
    }

    private void AddError(string? text)
    {
        lock (errors)
        {
            errors.AppendLine(text);
        }
    }
}
