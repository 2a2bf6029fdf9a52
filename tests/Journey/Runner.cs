using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace HealthDataNode.Journey;

/// <summary>One step of the main job.</summary>
internal interface IStep
{
    /// <summary>Its fixed name (README).</summary>
    string Name { get; }

    Task RunAsync(World world, CancellationToken cancellationToken);
}

/// <summary>A step could not be done; the message says where it stopped.</summary>
internal sealed class StepFailedException(string message) : Exception(message);

/// <summary>Runs the steps in order, a flushed line at the beginning and the end of each.</summary>
internal sealed class Runner(World world, FileInfo report, string? hold)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.Never,
    };

    private sealed record Line(int Step, string Name, string State, DateTime At, long? Ms, long? Rows, long? Bytes, string TraceId);

    public async Task<int> RunAsync(IReadOnlyList<IStep> steps, CancellationToken cancellationToken)
    {
        for (var n = 1; n <= steps.Count; n++)
        {
            var step = steps[n - 1];
            if (step.Name == hold)
            {
                Console.WriteLine($"held {step.Name}");
                await Console.In.ReadLineAsync(cancellationToken);
            }
            using var activity = new Activity(step.Name).SetIdFormat(ActivityIdFormat.W3C).Start();
            activity.ActivityTraceFlags = ActivityTraceFlags.Recorded;
            var clock = Stopwatch.StartNew();
            (world.Rows, world.Bytes) = (null, null);
            Write(n, step, "started", null, activity);
            try
            {
                await step.RunAsync(world, cancellationToken);
            }
            catch (StepFailedException failure)
            {
                Console.Error.WriteLine($"{step.Name}: {failure.Message}");
                Write(n, step, "failed", clock.ElapsedMilliseconds, activity);
                Report();
                return 20 + n;
            }
            Write(n, step, "done", clock.ElapsedMilliseconds, activity);
        }
        Report();
        return 0;
    }

    private void Write(int n, IStep step, string state, long? ms, Activity activity)
    {
        var line = new Line(n, step.Name, state, DateTime.UtcNow, ms, world.Rows, world.Bytes, activity.TraceId.ToHexString());
        Console.Out.WriteLine(JsonSerializer.Serialize(line, Json));
        Console.Out.Flush();
    }

    private void Report() =>
        File.WriteAllText(
            report.FullName,
            new JsonObject
            {
                ["application"] = world.Application,
                ["lineage"] = world.Lineage,
                ["job"] = world.Job,
                ["partsRepeated"] = world.PartsRepeated,
                ["aliases"] = world.Aliases,
                ["declaredBefore"] = JsonSerializer.SerializeToNode(world.DeclaredBefore),
                ["release"] = world.Release,
                ["revokedApplication"] = world.RevokedApplication,
                ["revokedLineage"] = world.RevokedLineage,
                ["revokeMs"] = world.RevokeMs is [] ? null : world.RevokeMs.Max(),
                ["revocationsMs"] = JsonSerializer.SerializeToNode(world.RevokeMs),
            }.ToJsonString()
        );
}
