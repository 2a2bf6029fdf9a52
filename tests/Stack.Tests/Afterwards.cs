using System.Text.Json;
using System.Text.Json.Nodes;
using Npgsql;
using RabbitMQ.Client;

namespace HealthDataNode.Stack.Tests;

/// <summary>What must hold whenever the node has come to rest.</summary>
internal static class Afterwards
{
    private static readonly string[] Publishers = ["catalogue", "permit", "speregistry", "pseudonymisation", "gateway", "edge"];

    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(60);

    /// <summary>Every event has left its outbox, none is parked or in an error queue, and the audit log has them all.</summary>
    public static async Task NothingIsLeftAsync(Stack stack)
    {
        foreach (var publisher in Publishers)
        {
            await EmptyAsync(stack, publisher);
        }
        foreach (var queue in Queues())
        {
            await using var connection = await BrokerAsync(stack);
            await using var channel = await connection.CreateChannelAsync(cancellationToken: TestContext.Current.CancellationToken);
            await Eventually.TrueAsync(
                $"queue {queue} to be empty",
                Rest,
                async () => (await channel.QueueDeclarePassiveAsync(queue)).MessageCount == 0
            );
            var errors = await channel.QueueDeclarePassiveAsync($"{queue}_error");
            Assert.True(errors.MessageCount == 0, $"{queue}_error has {errors.MessageCount} messages");
        }
        await AllHealthyAsync(stack);
        await AuditIsWholeAsync(stack);
    }

    /// <summary>The audit log of a node that was stopped is verified by its program alone (EHDS 73(1)(e)).</summary>
    public static async Task AuditVerifiesAtRestAsync(Stack stack)
    {
        if (File.Exists(stack.In("audit", "heads.ndjson")))
        {
            var (exitCode, output) = await Programs.RunAsync(Repository.In("check"), ["audit", "--data", stack.Data]);
            Assert.True(exitCode == 0 && output.Contains("\"valid\":true", StringComparison.Ordinal), output);
        }
    }

    /// <summary>The database was given the time to end: it recovers nothing at its next start.</summary>
    public static void DatabaseEndedByItself(Stack stack)
    {
        var log = stack.In("logs", "postgres.log");
        if (File.Exists(log))
        {
            Assert.EndsWith("database system is shut down", File.ReadLines(log).Last(line => line.Length > 0), StringComparison.Ordinal);
        }
    }

    private static async Task EmptyAsync(Stack stack, string publisher)
    {
        await using var connection = await stack.DatabaseAsync(publisher);
        await using var exists = new NpgsqlCommand("SELECT to_regclass('messaging.outbox') IS NOT NULL", connection);
        if (!(bool)(await exists.ExecuteScalarAsync(TestContext.Current.CancellationToken))!)
        {
            return;
        }
        await using var waiting = new NpgsqlCommand(
            "SELECT count(*) FROM messaging.outbox WHERE dispatched_at IS NULL OR parked_at IS NOT NULL",
            connection
        );
        await Eventually.TrueAsync(
            $"the outbox of {publisher} to be empty",
            Rest,
            async () => (long)(await waiting.ExecuteScalarAsync(TestContext.Current.CancellationToken))! == 0
        );
    }

    private static async Task AllHealthyAsync(Stack stack)
    {
        using var client = stack.Client();
        foreach (var name in stack.Resources())
        {
            if ((string?)stack.Resource(name)["health"] is not { } health)
            {
                continue;
            }
            await Eventually.TrueAsync(
                $"{name} to be healthy",
                Rest,
                async () =>
                {
                    using var answer = await client.GetAsync(health, TestContext.Current.CancellationToken);
                    // Degraded (parked messages) answers 200 too: the word counts.
                    return await answer.Content.ReadAsStringAsync() == "Healthy";
                }
            );
        }
    }

    // Entries still come in while the heads are read: what is wrong stays wrong.
    private static async Task AuditIsWholeAsync(Stack stack)
    {
        using var client = stack.Client(stack.UrlOf("audit"));
        var answer = "";
        var valid = false;
        for (var attempt = 0; attempt < 3 && !valid; attempt++)
        {
            answer = await client.GetStringAsync("/v1/verification", TestContext.Current.CancellationToken);
            valid = (bool)JsonNode.Parse(answer)!["valid"]! && (long)JsonNode.Parse(answer)!["heads"]! > 0;
        }
        Assert.True(valid, answer);
    }

    private static List<string> Queues() =>
        [
            .. Directory
                .EnumerateFiles(Repository.In("services"), "topology.json", SearchOption.AllDirectories)
                .Where(file => !file.Contains("/bin/", StringComparison.Ordinal) && !file.Contains("/obj/", StringComparison.Ordinal))
                .Select(file => JsonDocument.Parse(File.ReadAllText(file)).RootElement.GetProperty("queue").GetString()!),
        ];

    private static Task<IConnection> BrokerAsync(Stack stack) =>
        new ConnectionFactory
        {
            HostName = "127.0.0.1",
            Port = stack.UrlOf("rabbitmq").Port,
            UserName = "node",
            Password = stack.Secret("rabbitmq"),
        }.CreateConnectionAsync(TestContext.Current.CancellationToken);
}
