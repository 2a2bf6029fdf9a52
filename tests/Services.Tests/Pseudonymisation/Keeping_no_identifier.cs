using System.Text;

namespace HealthDataNode.Services.Tests.Pseudonymisation;

public sealed class Keeping_no_identifier(PseudonymisationFixture fixture) : IClassFixture<PseudonymisationFixture>
{
    private readonly PseudonymisationWorld world = fixture.World;

    [Fact]
    [Trait("Requirement", "PSE-017")]
    [Trait("Requirement", "PSE-027")]
    public async Task Keeps_none_in_any_column_nor_a_token_nor_a_pseudonym()
    {
        var order = await world.OpenAsync();
        var people = PseudonymisationWorld.People(4);
        string[] tokens =
        [
            .. (await order.TokeniseAsync(1, people[..2])).Select(answer => answer.Value),
            .. (await order.TokeniseAsync(2, people[2..])).Select(answer => answer.Value),
        ];
        using var done = await order.HolderIsDoneAsync();
        var pseudonyms = await order.PseudonymsAsync(1, tokens);
        using var key = await order.DeliveryKeyAsync(world.SpeKeyDocument);
        using var ended = await order.EndAsync("delivered");
        string[] secrets =
        [
            .. people,
            .. people.Select(digits => Convert.ToHexStringLower(Encoding.ASCII.GetBytes(digits))),
            .. people.Select(digits => Convert.ToBase64String(Encoding.ASCII.GetBytes(digits)).TrimEnd('=')),
            .. tokens,
            .. pseudonyms.Values,
        ];

        var rows = await EverythingAsync();
        Assert.Contains(rows, row => row.Contains(order.Digest, StringComparison.Ordinal));
        Assert.DoesNotContain(rows, row => secrets.Any(secret => row.Contains(secret, StringComparison.OrdinalIgnoreCase)));
    }

    // Every row of every table as text; bytes are hexadecimal there.
    private async Task<List<string>> EverythingAsync()
    {
        var tables = await Outbox.QueryAsync(
            world.Database,
            "SELECT format('%I.%I', table_schema, table_name) FROM information_schema.tables WHERE table_schema IN ('pseudonymisation', 'messaging')"
        );
        Assert.True(tables.Count >= 7);
        var rows = new List<string>();
        foreach (var table in tables)
        {
            rows.AddRange((await Outbox.QueryAsync(world.Database, $"SELECT t::text FROM {table} t")).Cast<string>());
        }
        return rows;
    }
}
