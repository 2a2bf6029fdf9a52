using System.Diagnostics;
using System.Net.Sockets;
using System.Security.Cryptography;
using RabbitMQ.Client;

[assembly: AssemblyFixture(typeof(HealthDataNode.Services.Tests.Messaging.RabbitMqFixture))]

namespace HealthDataNode.Services.Tests.Messaging;

/// <summary>
/// One real RabbitMQ for the whole test run, by the stack's own launcher, in a directory and on ports of its own. It is
/// started by the first test that asks for it.
/// </summary>
public sealed class RabbitMqFixture : IAsyncDisposable
{
    /// <summary>The collection of those who use it, one after another: there is one exchange, and queues have fixed names.</summary>
    public const string Users = "users of RabbitMQ";

    private readonly string directory = Directory.CreateTempSubdirectory("hdn-rabbitmq-").FullName;
    private readonly Lazy<Task<string>> uri;
    private Process? server;

    public RabbitMqFixture() => uri = new(StartAsync);

    /// <summary>Its address; skips the test where no RabbitMQ is installed.</summary>
    public async Task<string> UriAsync()
    {
        var installed = Directory.Exists("/usr/lib/rabbitmq/lib");
        Assert.SkipUnless(installed, "RabbitMQ is missing: apt-get install --no-install-recommends rabbitmq-server");
        return await uri.Value;
    }

    public async ValueTask DisposeAsync()
    {
        if (server is not null)
        {
            using (var stop = Process.Start("kill", ["-TERM", $"{server.Id}"]))
            {
                await stop.WaitForExitAsync();
            }
            await server.WaitForExitAsync();
            server.Dispose();
        }
        Directory.Delete(directory, recursive: true);
    }

    private async Task<string> StartAsync()
    {
        var password = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        Directory.CreateDirectory(Path.Combine(directory, "secrets"));
        await File.WriteAllTextAsync(Path.Combine(directory, "secrets/rabbitmq"), password);
        var port = PostgresFixture.FreePort();
        var start = new ProcessStartInfo(Path.Combine(PostgresFixture.Repository, "AppHost/native/rabbitmq"), [directory])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["RABBITMQ_NODE_PORT"] = $"{port}";
        start.Environment["RABBITMQ_DIST_PORT"] = $"{PostgresFixture.FreePort()}";
        server = Process.Start(start)!;
        _ = server.StandardOutput.ReadToEndAsync();
        var error = server.StandardError.ReadToEndAsync();
        var address = $"amqp://node:{password}@127.0.0.1:{port}";
        for (var deadline = Stopwatch.StartNew(); ; await Task.Delay(200))
        {
            try
            {
                using (var probe = new TcpClient())
                {
                    await probe.ConnectAsync("127.0.0.1", port);
                }
                await using var connection = await new ConnectionFactory { Uri = new Uri(address) }.CreateConnectionAsync();
                return address;
            }
            catch (Exception exception) when (exception is SocketException or RabbitMQ.Client.Exceptions.BrokerUnreachableException)
            {
                Assert.False(server.HasExited, server.HasExited ? await error : "");
                Assert.True(deadline.Elapsed < TimeSpan.FromMinutes(5), "RabbitMQ did not start.");
            }
        }
    }
}
