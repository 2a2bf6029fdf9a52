using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Npgsql;

[assembly: AssemblyFixture(typeof(HealthDataNode.Services.Tests.PostgresFixture))]

namespace HealthDataNode.Services.Tests;

/// <summary>
/// One real PostgreSQL for the whole test run, in a directory and on a port of its own. A test takes a fresh database
/// of a service by <see cref="CreateDatabaseAsync"/>: a copy of a template to which the service's own
/// <c>Persistence/*.sql</c> were applied as its owner role, as Setup does it.
/// </summary>
public sealed class PostgresFixture : IAsyncLifetime
{
    private readonly string password = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
    private readonly string directory = Directory.CreateTempSubdirectory("hdn-postgres-").FullName;
    private readonly ConcurrentDictionary<string, Lazy<Task>> templates = new();
    private readonly SemaphoreSlim copying = new(1);
    private readonly int port = FreePort();
    private Process? server;
    private int databases;

    /// <summary>The root of the repository that the tests were built from.</summary>
    public static string Repository { get; } = FindRepository();

    public async ValueTask InitializeAsync()
    {
        var bin =
            Directory
                .EnumerateDirectories("/usr/lib/postgresql")
                .Select(version => Path.Combine(version, "bin"))
                .Where(candidate => File.Exists(Path.Combine(candidate, "initdb")))
                .Max()
            ?? throw new InvalidOperationException("PostgreSQL is missing: apt-get install postgresql");
        var passwordFile = Path.Combine(directory, "password");
        await File.WriteAllTextAsync(passwordFile, password);
        if (Environment.IsPrivilegedProcess)
        {
            await RunAsync("chown", "-R", "postgres:postgres", directory);
        }

        await RunAsync([
            .. AsPostgres,
            Path.Combine(bin, "initdb"),
            "-D",
            Seen("data"),
            "-U",
            "postgres",
            "-A",
            "scram-sha-256",
            "--pwfile",
            Seen("password"),
            "-E",
            "UTF8",
            "--locale=C",
            "--no-sync",
        ]);

        // The shell ends the server when its own input ends, so that a killed test run leaves no server behind.
        var script =
            $"'{bin}/postgres' -D '{Seen("data")}' -p {port} -c listen_addresses=127.0.0.1 "
            + $"-c unix_socket_directories='{Seen("")}' -c fsync=off -c full_page_writes=off "
            + $"-c max_connections=300 -c shared_buffers=64MB >'{Seen("log")}' 2>&1 </dev/null & "
            + "server=$!; read -r _; kill -INT $server; wait $server";
        server = Start([.. AsPostgres, "bash", "-c", script]);
        await WaitUntilReadyAsync();
    }

    public async ValueTask DisposeAsync()
    {
        NpgsqlConnection.ClearAllPools();
        if (server is not null)
        {
            server.StandardInput.Close();
            await server.WaitForExitAsync();
            server.Dispose();
        }

        copying.Dispose();
        Directory.Delete(directory, recursive: true);
    }

    /// <summary>
    /// A new database of <paramref name="service"/> (its database name: <c>permit</c>, <c>issuer</c>, ...).
    /// </summary>
    /// <returns>The connection string of the service's runtime role, or of its owner.</returns>
    public async Task<string> CreateDatabaseAsync(string service, bool asOwner = false)
    {
        await templates.GetOrAdd(service, name => new Lazy<Task>(() => CreateTemplateAsync(name))).Value;
        var database = $"{service}_{Interlocked.Increment(ref databases)}";
        await copying.WaitAsync();
        try
        {
            await ExecuteAsync(
                ConnectionString("postgres", "postgres"),
                $"CREATE DATABASE {database} TEMPLATE template_{service} OWNER {service}_owner"
            );
        }
        finally
        {
            copying.Release();
        }

        return ConnectionString(database, asOwner ? $"{service}_owner" : service);
    }

    private async Task CreateTemplateAsync(string service)
    {
        var superuser = ConnectionString("postgres", "postgres");
        await ExecuteAsync(superuser, $"CREATE ROLE {service}_owner LOGIN PASSWORD '{password}'");
        await ExecuteAsync(superuser, $"CREATE ROLE {service} LOGIN PASSWORD '{password}'");
        await ExecuteAsync(superuser, $"CREATE DATABASE template_{service} OWNER {service}_owner");
        var owner = ConnectionString($"template_{service}", $"{service}_owner") + ";Pooling=false";
        foreach (var script in ScriptsOf(service))
        {
            var sql = await File.ReadAllTextAsync(script);
            await ExecuteAsync(owner, sql.Replace("__RUNTIME__", service, StringComparison.Ordinal));
        }
    }

    // As Setup does it: the messaging tables first, where the service has messages at all, then its own.
    private static IEnumerable<string> ScriptsOf(string service) =>
        service is "issuer" or "edge" ? OwnScriptsOf(service) : [.. MessagingScripts, .. OwnScriptsOf(service)];

    private static IEnumerable<string> MessagingScripts =>
        Directory.EnumerateFiles(Path.Combine(Repository, "ServiceDefaults/Persistence"), "*.sql").Order(StringComparer.Ordinal);

    private static IEnumerable<string> OwnScriptsOf(string service) =>
        Directory
            .EnumerateDirectories(
                Path.Combine(Repository, "services"),
                "Persistence",
                new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 2 }
            )
            .Where(folder => DatabaseOf(Path.GetFileName(Path.GetDirectoryName(folder)!)) == service)
            .SelectMany(folder => Directory.EnumerateFiles(folder, "*.sql"))
            .Order(StringComparer.Ordinal);

    private static string DatabaseOf(string project) => project == "DevelopmentIssuer" ? "issuer" : project.ToLowerInvariant();

    private string ConnectionString(string database, string role) =>
        $"Host=127.0.0.1;Port={port};Database={database};Username={role};Password={password};Maximum Pool Size=20";

    private static async Task ExecuteAsync(string connectionString, string sql)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    private async Task WaitUntilReadyAsync()
    {
        for (var deadline = Stopwatch.StartNew(); ; await Task.Delay(50))
        {
            try
            {
                await ExecuteAsync(ConnectionString("postgres", "postgres"), "SELECT 1");
                return;
            }
            catch (NpgsqlException) when (deadline.Elapsed < TimeSpan.FromSeconds(30) && !server!.HasExited) { }
        }
    }

    // PostgreSQL refuses to run as root.
    // The temporary folder may lie where only root may enter: the server sees its directory at a place of its own.
    private static readonly bool Mounts = Environment.IsPrivilegedProcess && CanMount();

    private const string MountPoint = "/var/lib/postgresql";

    private string Seen(string name) => Path.Combine(Mounts ? MountPoint : directory, name);

    private string[] AsPostgres =>
        !Environment.IsPrivilegedProcess ? []
        : !Mounts ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
        :
        [
            "unshare",
            "-m",
            "--propagation",
            "private",
            "bash",
            "-c",
            $"mount --bind \"$0\" {MountPoint} && exec setpriv --reuid=postgres --regid=postgres --clear-groups -- \"$@\"",
            directory,
        ];

    private static bool CanMount()
    {
        using var trial = Start("unshare", "-m", "--propagation", "private", "true");
        trial.WaitForExit();
        return trial.ExitCode == 0 && Directory.Exists(MountPoint);
    }

    private static Process Start(params string[] command) =>
        Process.Start(
            new ProcessStartInfo(command[0], command[1..])
            {
                WorkingDirectory = "/",
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            }
        )!;

    private static async Task RunAsync(params string[] command)
    {
        using var process = Start(command);
        var error = process.StandardError.ReadToEndAsync();
        await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{command[0]} failed: {await error}");
        }
    }

    // Below the range from which the system takes ports for outgoing connections, which could take one in between.
    private static int lastPort = Random.Shared.Next(10_000, 30_000);

    /// <summary>A port that nobody listens on, given to nobody else in this run.</summary>
    public static int FreePort()
    {
        while (true)
        {
            var candidate = Interlocked.Increment(ref lastPort);
            try
            {
                using var listener = new TcpListener(IPAddress.Loopback, candidate);
                listener.Start();
                return candidate;
            }
            catch (SocketException) { }
        }
    }

    private static string FindRepository()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "HealthDataNode.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException("HealthDataNode.sln is in no folder above.");
    }
}
