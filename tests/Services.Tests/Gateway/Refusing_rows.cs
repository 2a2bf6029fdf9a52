using System.Text;
using HealthDataNode.Gateway.Domain;
using HealthDataNode.Gateway.Persistence;
using HealthDataNode.Protocol.Crypt4Gh;
using HealthDataNode.Protocol.Documents;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace HealthDataNode.Services.Tests.Gateway;

/// <summary>
/// What stands in the rows is judged after the closing document: the order dies with code, part, line and column, and
/// the value is nowhere.
/// </summary>
public sealed class Refusing_rows(StageFixture fixture) : IClassFixture<StageFixture>
{
    private const string S = "\u001f";
    private const string Header = $"token{S}stage{S}age{S}diagnosed\n";
    private const string Marker = "Zanzibarmark";
    private readonly Stage stage = fixture.Stage;

    // {n} is the n-th token of the order, ascending.
    public static TheoryData<string, string, string, long?, string?> Rejected =>
        new()
        {
            { "R01", $"token{S}stage{S}age{S}diagnosed{S}{Marker}\n{{0}}{S}II{S}1{S}{S}x\n", RejectionCodes.UndeclaredColumn, 1, null },
            { "missing column in the header", $"token{S}stage{S}diagnosed\n{{0}}{S}II{S}\n", RejectionCodes.UndeclaredColumn, 1, "age" },
            {
                "columns in another order",
                $"token{S}age{S}stage{S}diagnosed\n{{0}}{S}1{S}II{S}\n",
                RejectionCodes.UndeclaredColumn,
                1,
                "stage"
            },
            { "R01", $"{Header}{{0}}{S}II{S}1{S}\n{{1}}{S}II{S}1{S}{S}{Marker}\n", RejectionCodes.UndeclaredColumn, 3, null },
            { "R02", $"{Header}{{0}}{S}II{S}{Marker}{S}\n", RejectionCodes.WrongType, 2, "age" },
            { "no such day", $"{Header}{{0}}{S}II{S}1{S}2019-02-30\n", RejectionCodes.WrongType, 2, "diagnosed" },
            {
                "forged token",
                $"{Header}{{0}}{S}II{S}1{S}\nffffffffffffffffffffffffffffffff{S}{Marker[..4]}{S}1{S}\n",
                RejectionCodes.UnknownToken,
                3,
                "token"
            },
            { "no token", $"{Header}{Marker}{S}II{S}1{S}\n", RejectionCodes.UnknownToken, 2, "token" },
            { "R04", $"{Header}{{0}}{S}II{S}1{S}\n{{1}}{S}II{S}{{identifier}}{S}\n", RejectionCodes.IdentifierInCell, 3, "age" },
            { "value too long", $"{Header}{{0}}{S}{Marker}{S}1{S}\n", RejectionCodes.TooLong, 2, "stage" },
            { "R05", $"{Header}{{0}}{S}II{S}1{S}\n{{1}}{S}{{long}}{S}1{S}\n", RejectionCodes.LineTooLong, 3, null },
            { "not ascending", $"{Header}{{1}}{S}II{S}1{S}\n{{0}}{S}II{S}1{S}\n", RejectionCodes.RowOutOfOrder, 3, "token" },
            {
                "a person apart",
                $"{Header}{{0}}{S}II{S}1{S}\n{{1}}{S}II{S}1{S}\n{{0}}{S}II{S}1{S}\n",
                RejectionCodes.RowOutOfOrder,
                4,
                "token"
            },
            { "control character", $"{Header}{{0}}{S}I\tI{S}1{S}\n", RejectionCodes.MalformedFile, 2, "stage" },
            { "carriage return", $"{Header}{{0}}{S}II{S}1{S}\r\n", RejectionCodes.MalformedFile, 2, "diagnosed" },
            { "no line end at the end", $"{Header}{{0}}{S}II{S}1{S}", RejectionCodes.MalformedFile, 2, null },
            { "a field too few", $"{Header}{{0}}{S}II{S}1\n", RejectionCodes.MalformedFile, 2, null },
            { "no header", "", RejectionCodes.MalformedFile, 1, null },
        };

    [Theory]
    [MemberData(nameof(Rejected))]
    [Trait("Invariant", "2")]
    public async Task Rejects_the_order_with_line_and_column_and_never_the_value(
        string what,
        string text,
        string code,
        long? line,
        string? column
    )
    {
        if (what[0] == 'R')
        {
            Assert.Equal(RefusalRow.Says(what, "order"), code);
        }
        var (order, tokens) = await IssuedAsync(2);
        text = text.Replace("{0}", tokens[0], StringComparison.Ordinal)
            .Replace("{1}", tokens[1], StringComparison.Ordinal)
            .Replace("{identifier}", SyntheticIdentifier, StringComparison.Ordinal)
            .Replace("{long}", new string('x', 65_536), StringComparison.Ordinal);
        await stage.SendAsync(order, stage.Seal(order, 1, text, Math.Max(0, text.Count(c => c == '\n') - 1)));
        var rejected = await stage.OrderAsync(order.Lineage, OrderState.Rejected);
        Assert.Equal(new Rejection(code, 1, line, column), rejected.Rejection);
        await IsGoneAsync(rejected);
        await SaysNothingOfAsync(rejected, Marker, SyntheticIdentifier, tokens[0], tokens[1]);
    }

    [Fact]
    public async Task Rejects_a_token_of_another_order_with_its_line()
    {
        var (_, foreign) = await IssuedAsync(1);
        var (order, tokens) = await IssuedAsync(1);
        string[] both = [foreign[0], tokens[0]];
        Array.Sort(both, StringComparer.Ordinal);
        await stage.SendAsync(order, stage.Seal(order, 1, $"{Header}{both[0]}{S}{S}{S}\n{both[1]}{S}{S}{S}\n", 2));
        var rejected = await stage.OrderAsync(order.Lineage, OrderState.Rejected);
        Assert.Equal(new Rejection(RefusalRow.Says("R03", "order"), 1, 2 + Array.IndexOf(both, foreign[0]), "token"), rejected.Rejection);
    }

    [Fact]
    public async Task Rejects_a_person_who_straddles_parts()
    {
        var (order, tokens) = await IssuedAsync(2);
        await stage.SendAsync(
            order,
            stage.Seal(order, 1, $"{Header}{tokens[0]}{S}{S}{S}\n{tokens[1]}{S}{S}{S}\n", 2),
            stage.Seal(order, 2, $"{Header}{tokens[1]}{S}{S}{S}\n", 1)
        );
        var rejected = await stage.OrderAsync(order.Lineage, OrderState.Rejected);
        Assert.Equal(new Rejection(RejectionCodes.RowOutOfOrder, 2, 2, "token"), rejected.Rejection);
        await IsGoneAsync(rejected);
    }

    [Fact]
    public async Task Rejects_bytes_that_are_not_UTF_8()
    {
        var (order, tokens) = await IssuedAsync(1);
        var text = Encoding.Latin1.GetBytes($"{Header}{tokens[0]}{S}é{S}{S}\n");
        var key = stage.Trust.Store().Verify<OrderDocument>(order.Document!).Payload.UploadKeyBytes();
        await stage.SendAsync(order, stage.SealBytes(order, 1, Crypt4GhFile.Seal(text, key), 1));
        var rejected = await stage.OrderAsync(order.Lineage, OrderState.Rejected);
        Assert.Equal(new Rejection(RejectionCodes.MalformedFile, 1, 2), rejected.Rejection);
    }

    [Fact]
    public async Task Rejects_a_file_that_is_sealed_to_another_key()
    {
        var (order, tokens) = await IssuedAsync(1);
        var other = Crypt4GhFile.Seal(Encoding.UTF8.GetBytes($"{Header}{tokens[0]}{S}{S}{S}\n"), stage.SpeKey.PublicKey);
        await stage.SendAsync(order, stage.SealBytes(order, 1, other, 1));
        var rejected = await stage.OrderAsync(order.Lineage, OrderState.Rejected);
        Assert.Equal(new Rejection(RejectionCodes.MalformedFile, 1), rejected.Rejection);
    }

    [Theory]
    [InlineData("truncated", "R22")]
    [InlineData("reordered", "R23")]
    [InlineData("doubled", "R24")]
    public async Task Rejects_segments_that_were_cut_reordered_or_doubled_under_a_true_seal(string what, string refusal)
    {
        var (order, tokens) = await IssuedAsync(1);
        var text = new StringBuilder(Header);
        for (var row = 0; row < 4000; row++)
        {
            text.Append(tokens[0]).Append(S[0]).Append(S[0]).Append(row).Append(S[0]).Append('\n');
        }
        var file = stage.Seal(order, 1, text.ToString(), 4000).File;
        const int head = 124;
        const int segment = 65_536 + 28;
        byte[] changed = what switch
        {
            "truncated" => file[..(head + segment)],
            "reordered" =>
            [
                .. file[..head],
                .. file[(head + segment)..(head + (2 * segment))],
                .. file[head..(head + segment)],
                .. file[(head + (2 * segment))..],
            ],
            _ => [.. file[..(head + segment)], .. file[head..(head + segment)], .. file[(head + segment)..]],
        };
        await stage.SendAsync(order, stage.SealBytes(order, 1, changed, 4000));
        var rejected = await stage.OrderAsync(order.Lineage, OrderState.Rejected);
        Assert.Equal(RefusalRow.Says(refusal, "order"), rejected.RejectionCode);
        await IsGoneAsync(rejected);
    }

    [Fact]
    public async Task Rejects_another_number_of_rows_than_the_seal_says()
    {
        var (order, tokens) = await IssuedAsync(1);
        await stage.SendAsync(order, stage.Seal(order, 1, $"{Header}{tokens[0]}{S}{S}{S}\n", 2));
        var rejected = await stage.OrderAsync(order.Lineage, OrderState.Rejected);
        Assert.Equal(new Rejection(RejectionCodes.SealMismatch, 1), rejected.Rejection);
    }

    [Fact]
    public async Task Rejects_a_part_that_was_changed_on_the_disk()
    {
        var (order, tokens) = await IssuedAsync(1);
        var part = stage.Seal(order, 1, $"{Header}{tokens[0]}{S}{S}{S}\n", 1);
        await stage.UploadAsync(order, part);
        var path = Path.Combine(stage.Data, "orders", order.Id, "rows-1.c4gh");
        var bytes = await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken);
        bytes[^1] ^= 1;
        await File.WriteAllBytesAsync(path, bytes, TestContext.Current.CancellationToken);
        using var closed = await stage.CloseAsync(order, stage.ClosingOf(order, part).Text);
        var rejected = await stage.OrderAsync(order.Lineage, OrderState.Rejected);
        Assert.Equal(new Rejection(RejectionCodes.SealMismatch, 1), rejected.Rejection);
    }

    [Fact]
    public async Task Keeps_a_rejected_order_as_it_ended()
    {
        var (order, tokens) = await IssuedAsync(1);
        await stage.SendAsync(order, stage.Seal(order, 1, $"{Header}{tokens[0]}{S}{S}x{S}\n", 1));
        var rejected = await stage.OrderAsync(order.Lineage, OrderState.Rejected);
        await using var connection = new NpgsqlConnection(stage.Database);
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await using var revive = new NpgsqlCommand(
            "UPDATE gateway.orders SET state = 'issued', rejection_code = NULL WHERE id = $1",
            connection
        );
        revive.Parameters.AddWithValue(rejected.Id);
        await Assert.ThrowsAsync<PostgresException>(() => revive.ExecuteNonQueryAsync(TestContext.Current.CancellationToken));
    }

    // Synthetic, made here so that no file holds one.
    private static string SyntheticIdentifier { get; } =
        Enumerable.Range(0, 100).Select(i => Stage.Number(1, i)).First(number => number is not null)!;

    private async Task<(Order Order, string[] Tokens)> IssuedAsync(int persons)
    {
        var permit = await stage.GrantAsync();
        var order = await stage.OrderAsync(permit.Payload.Lineage, OrderState.Issued);
        return (order, await stage.TokensAsync(order, persons));
    }

    private async Task IsGoneAsync(Order order)
    {
        // At once, but after the state is committed: a crash in between must not leave a living order without its key.
        await Eventually.Async(() => !stage.HasKey(order) && !stage.HasFiles(order));
        Assert.Equal("gateway.order-rejected", (await stage.EventsAsync(order))[^1].Contract);
        Assert.False(stage.Neighbours.Manifests.ContainsKey(order.Id));
    }

    private async Task SaysNothingOfAsync(Order order, params string[] values)
    {
        await using var scope = stage.Gateway.Services.CreateAsyncScope();
        var database = scope.ServiceProvider.GetRequiredService<GatewayDb>();
        var everything = await database
            .Database.SqlQuery<string>(
                $"""
                SELECT row_to_json(o)::text AS "Value" FROM gateway.orders o WHERE o.id = {order.Id}
                UNION ALL SELECT row_to_json(p)::text FROM gateway.parts p WHERE p.order_id = {order.Id}
                UNION ALL SELECT row_to_json(d)::text FROM gateway.delivery_parts d WHERE d.order_id = {order.Id}
                UNION ALL SELECT m.payload FROM messaging.outbox m
                """
            )
            .ToListAsync();
        Assert.All(values, value => Assert.DoesNotContain(everything, text => text.Contains(value, StringComparison.Ordinal)));
    }
}
