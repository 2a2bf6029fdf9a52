using System.Text;
using Npgsql;

namespace HealthDataNode.Stack.Tests;

/// <summary>What stands in logs, telemetry, databases and queues after the main job.</summary>
[Collection(nameof(StackCollection))]
public sealed class Looking_at_what_is_left(Stack stack)
{
    private readonly record struct Place(string Name, string Text);

    [Fact]
    public async Task Every_event_has_arrived_and_the_audit_log_is_whole()
    {
        Stack.SkipWhereItCannotRun();
        (await stack.FirstJourney).MustHaveSucceeded();

        await Afterwards.NothingIsLeftAsync(stack);

        foreach (var party in new[] { "cancerregistry", "deathregistry", "hospitaltrust", "referencespe" })
        {
            Assert.True(
                await stack.ScalarAsync<long>("audit", $"SELECT count(*) FROM audit.entries WHERE publisher = '{party}'") > 0,
                party
            );
        }
    }

    [Fact]
    public async Task No_identifier_is_in_a_log_a_trace_or_a_database()
    {
        Stack.SkipWhereItCannotRun();
        (await stack.FirstJourney).MustHaveSucceeded();
        var search = Identifiers.In(stack.In("holder"));
        foreach (var file in Directory.EnumerateFiles(stack.In("holder"), "*.csv"))
        {
            // The search finds them where they are.
            Assert.NotNull(search.FirstIn(await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken)));
        }

        var seen = 0L;
        await foreach (var place in PlacesAsync())
        {
            seen += place.Text.Length;
            Assert.True(search.FirstIn(place.Text) is null, $"An identifier stands in {place.Name}.");
        }
        Assert.True(seen > 100_000, $"Only {seen} characters were searched.");
    }

    private async IAsyncEnumerable<Place> PlacesAsync()
    {
        var cancellation = TestContext.Current.CancellationToken;
        foreach (var file in Directory.EnumerateFiles(stack.In("logs")))
        {
            // They are being written.
            await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var reader = new StreamReader(stream);
            yield return new(file, await reader.ReadToEndAsync(cancellation));
        }
        foreach (var export in stack.Telemetry.Received)
        {
            yield return new("telemetry", Encoding.Latin1.GetString(export));
        }
        foreach (var database in await ListAsync("postgres", "SELECT datname FROM pg_database WHERE NOT datistemplate"))
        {
            var tables = await ListAsync(
                database,
                "SELECT format('%I.%I', table_schema, table_name) FROM information_schema.tables "
                    + "WHERE table_schema NOT IN ('pg_catalog', 'information_schema') AND table_type = 'BASE TABLE'"
            );
            await using var connection = await stack.DatabaseAsync(database);
            foreach (var table in tables)
            {
                using var rows = await connection.BeginTextExportAsync($"COPY {table} TO STDOUT", cancellation);
                yield return new($"{database}: {table}", await rows.ReadToEndAsync(cancellation));
            }
        }
    }

    private async Task<List<string>> ListAsync(string database, string sql)
    {
        await using var connection = await stack.DatabaseAsync(database);
        await using var command = new NpgsqlCommand(sql, connection);
        await using var reader = await command.ExecuteReaderAsync(TestContext.Current.CancellationToken);
        var names = new List<string>();
        while (await reader.ReadAsync(TestContext.Current.CancellationToken))
        {
            names.Add(reader.GetString(0));
        }
        return names;
    }
}
