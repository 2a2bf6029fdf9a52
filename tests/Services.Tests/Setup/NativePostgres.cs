using System.Diagnostics;
using Npgsql;

namespace HealthDataNode.Services.Tests.Setup;

/// <summary>The stack's own launcher of PostgreSQL over a data directory, which has the superuser's password.</summary>
internal sealed class NativePostgres(string directory) : IAsyncDisposable
{
    private readonly int port = PostgresFixture.FreePort();
    private Process? launcher;

    public string ConnectionString =>
        $"Host=127.0.0.1;Port={port};Username=postgres;Password={File.ReadAllText(Path.Combine(directory, "secrets", "postgres"))}";

    public async Task StartAsync()
    {
        var start = new ProcessStartInfo(Path.Combine(PostgresFixture.Repository, "AppHost/native/postgres"), [directory])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["PGPORT"] = $"{port}";
        launcher = Process.Start(start)!;
        _ = launcher.StandardOutput.ReadToEndAsync();
        var error = launcher.StandardError.ReadToEndAsync();
        for (var deadline = Stopwatch.StartNew(); !await AnswersAsync(); await Task.Delay(200))
        {
            Assert.False(launcher.HasExited, launcher.HasExited ? await error : "");
            Assert.True(deadline.Elapsed < TimeSpan.FromSeconds(120), "PostgreSQL did not start.");
        }
    }

    /// <summary>SIGKILL of the server; its launcher ends with it.</summary>
    public Task KillAsync() => EndAsync("-KILL", File.ReadAllText(Path.Combine(directory, "pids", "postgres")).Trim());

    public async ValueTask DisposeAsync()
    {
        if (launcher is not null)
        {
            await EndAsync("-TERM", $"{launcher.Id}");
        }
    }

    private async Task EndAsync(string signal, string process)
    {
        using (var kill = Process.Start("kill", [signal, process]))
        {
            await kill.WaitForExitAsync();
        }
        await launcher!.WaitForExitAsync();
        launcher.Dispose();
        launcher = null;
    }

    private async Task<bool> AnswersAsync()
    {
        try
        {
            await Outbox.ExecuteAsync(ConnectionString + ";Pooling=false", "SELECT 1");
            return true;
        }
        catch (NpgsqlException)
        {
            return false;
        }
    }
}
