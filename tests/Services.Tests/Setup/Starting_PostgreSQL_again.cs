using System.Diagnostics;

namespace HealthDataNode.Services.Tests.Setup;

/// <summary>A server that was killed leaves its process id behind, and the system gives the number to somebody else.</summary>
public sealed class Starting_PostgreSQL_again : IAsyncDisposable
{
    private readonly string directory = Directory.CreateTempSubdirectory("hdn-native-").FullName;
    private readonly NativePostgres server;

    public Starting_PostgreSQL_again()
    {
        Directory.CreateDirectory(Path.Combine(directory, "secrets"));
        File.WriteAllText(Path.Combine(directory, "secrets", "postgres"), "of this test alone");
        server = new NativePostgres(directory);
    }

    public async ValueTask DisposeAsync()
    {
        await server.DisposeAsync();
        Directory.Delete(directory, recursive: true);
    }

    [Fact]
    public async Task Succeeds_where_another_process_has_the_number_of_the_killed_one()
    {
        await server.StartAsync();
        await server.KillAsync();
        string[] asServer = Environment.IsPrivilegedProcess ? ["--reuid=postgres", "--clear-groups"] : [];
        using var other = Process.Start("setpriv", [.. asServer, "--pdeathsig=KILL", "sleep", "600"]);
        try
        {
            var left = Path.Combine(directory, "postgres", "data", "postmaster.pid");
            string[] lines = [$"{other.Id}", .. (await File.ReadAllLinesAsync(left, TestContext.Current.CancellationToken))[1..]];
            await File.WriteAllLinesAsync(left, lines, TestContext.Current.CancellationToken);

            await server.StartAsync();
        }
        finally
        {
            other.Kill();
        }
    }
}
