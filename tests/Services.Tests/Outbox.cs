using System.Text.Json.Nodes;
using Npgsql;

namespace HealthDataNode.Services.Tests;

/// <summary>A service's database as a test looks at it.</summary>
internal static class Outbox
{
    /// <summary>Payloads of the events of a kind, oldest first.</summary>
    public static async Task<IReadOnlyList<JsonNode>> EventsAsync(string database, string contract) =>
        [
            .. (await QueryAsync(database, $"SELECT payload FROM messaging.outbox WHERE contract = '{contract}' ORDER BY id")).Select(
                payload => JsonNode.Parse((string)payload)!
            ),
        ];

    /// <summary>The first column of every row.</summary>
    public static async Task<IReadOnlyList<object>> QueryAsync(string database, string sql)
    {
        await using var connection = new NpgsqlConnection(database);
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await using var command = new NpgsqlCommand(sql, connection);
        await using var reader = await command.ExecuteReaderAsync(TestContext.Current.CancellationToken);
        var values = new List<object>();
        while (await reader.ReadAsync(TestContext.Current.CancellationToken))
        {
            values.Add(reader.GetValue(0));
        }
        return values;
    }

    /// <summary>One command.</summary>
    public static async Task ExecuteAsync(string database, string sql)
    {
        await using var connection = new NpgsqlConnection(database);
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>The same database as the role that owns its schema.</summary>
    public static string AsOwner(string database)
    {
        var settings = new NpgsqlConnectionStringBuilder(database);
        settings.Username += "_owner";
        return settings.ConnectionString;
    }
}
