using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Problems;
using HealthDataNode.Protocol.Seals;
using HealthDataNode.Protocol.Uploads;
using HealthDataNode.ReferenceSpe.Ingress;
using HealthDataNode.Services.Tests.Gateway;
using Microsoft.Extensions.DependencyInjection;

namespace HealthDataNode.Services.Tests.ReferenceSpe;

/// <summary>What is refused changes nothing: no workspace, no row, no receipt.</summary>
public sealed class Refusing_a_delivery : IAsyncLifetime
{
    private static readonly string[][][] Cancer =
    [
        [
            ["anna", "surgery", "2019-03-01", "71"],
        ],
    ];

    private static readonly JsonElement Other = JsonSerializer.SerializeToElement<string[]>(["other"]);

    private readonly SpeWorld world = new();
    private Grant grant = null!;

    public async ValueTask InitializeAsync()
    {
        await world.StartAsync();
        grant = new Grant(world);
    }

    public ValueTask DisposeAsync() => world.DisposeAsync();

    [Theory]
    [InlineData("changed")]
    [InlineData("signed by somebody else")]
    [InlineData("of another order")]
    [InlineData("of another type")]
    public async Task Whose_manifest_is_not_its_own(string what)
    {
        var consignment = new Consignment(world, grant, "cancer", Cancer);
        var other = new Consignment(world, grant, "cancer", Cancer);
        var manifest = what switch
        {
            "changed" => Tampered(consignment.Manifest.Text),
            "signed by somebody else" => world.SignerOf("cancerregistry").Sign(consignment.Manifest.Payload).Text,
            "of another order" => other.Manifest.Text,
            _ => consignment.Order.Text,
        };
        await RefusesAsync(consignment, RefusalRow.Call("R30"), manifest: manifest);
    }

    [Theory]
    [InlineData("changed")]
    [InlineData("another permit")]
    public async Task Whose_permit_is_not_its_own(string what)
    {
        var consignment = new Consignment(world, grant, "cancer", Cancer);
        var permit = what == "changed" ? Tampered(grant.Permit.Text) : new Grant(world).Permit.Text;
        await RefusesAsync(consignment, RefusalRow.Call("R32"), permit: permit);
    }

    [Fact]
    public Task Of_a_permit_that_names_another_SPE() =>
        RefusesAsync(new Consignment(world, new Grant(world, spe: "otherspe"), "cancer", Cancer), (422, "document-refused"));

    [Fact]
    public Task Of_a_permit_that_pins_another_key_of_this_SPE() =>
        RefusesAsync(
            new Consignment(world, new Grant(world, key: world.SignerOf("otherspe").PublicKey.Thumbprint), "cancer", Cancer),
            (422, "document-refused")
        );

    [Fact]
    public Task Sealed_to_a_key_that_it_has_not() =>
        RefusesAsync(
            new Consignment(world, grant, "cancer", Cancer, change: manifest => manifest with { SpeKeySequence = 2 }),
            (422, "document-refused")
        );

    [Theory]
    [InlineData("by somebody else")]
    [InlineData("for another order")]
    [InlineData("over other bytes")]
    public async Task Whose_delivery_key_is_not_its_own(string what)
    {
        var consignment = new Consignment(world, grant, "cancer", Cancer);
        var other = new Consignment(world, grant, "cancer", Cancer);
        var (seal, box) = what switch
        {
            "for another order" => (other.KeySeal.Text, other.Box),
            "over other bytes" => (consignment.KeySeal.Text, other.Box),
            _ => (world.SignerOf("gateway").Sign(consignment.KeySeal.Payload).Text, consignment.Box),
        };
        var type = what == "by somebody else" ? "document-refused" : "seal-refused";
        await RefusesAsync(consignment, (422, type), keySeal: seal, box: box);
    }

    [Theory]
    [InlineData("another order's id")]
    [InlineData("another permit's SPE")]
    [InlineData("another key of this SPE")]
    public async Task Whose_order_is_announced_with(string what)
    {
        var consignment = new Consignment(
            world,
            what switch
            {
                "another permit's SPE" => new Grant(world, spe: "otherspe"),
                "another key of this SPE" => new Grant(world, key: world.SignerOf("otherspe").PublicKey.Thumbprint),
                _ => grant,
            },
            "cancer",
            Cancer
        );
        using var client = world.Machine();
        using var answer = await consignment.AnnounceOrderAsync(client, what == "another order's id" ? Guid.NewGuid().ToString() : null);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.StatusCode);
        Assert.Equal(ProblemTypes.DocumentRefused, await SpeRoom.TypeAsync(answer));
        await TakesNoPartAsync(consignment, client);
    }

    [Fact]
    public async Task Whose_order_was_not_announced_or_is_another_than_its_parts_say()
    {
        var consignment = new Consignment(world, grant, "cancer", Cancer);
        using var client = world.Machine();
        await TakesNoPartAsync(consignment, client);
        var other = new Consignment(world, grant, "cancer", Cancer);
        using var known = await other.AnnounceOrderAsync(client);
        Assert.Equal(HttpStatusCode.NoContent, known.StatusCode);
        await TakesNoPartAsync(consignment, client, other.Parts);
    }

    [Fact]
    public async Task Before_all_its_parts_are_there()
    {
        var consignment = new Consignment(world, grant, "cancer", Cancer);
        using var client = world.Machine();
        using var answer = await consignment.AnnounceAsync(client);
        Assert.Equal(HttpStatusCode.Conflict, answer.StatusCode);
        Assert.EndsWith("delivery-incomplete", await SpeRoom.TypeAsync(answer), StringComparison.Ordinal);
        NothingHappened();
    }

    [Fact]
    public async Task With_a_part_for_another_recipient()
    {
        var consignment = new Consignment(world, grant, "cancer", Cancer, recipient: "otherspe");
        using var client = world.Machine();
        var refused = await Assert.ThrowsAsync<ProtocolProblemException>(() => consignment.UploadAsync(client));
        Assert.Equal(RefusalRow.Call("R19"), (refused.Problem.Status, refused.Problem.Type[ProblemTypes.Prefix.Length..]));
    }

    [Theory]
    [InlineData("no token", HttpStatusCode.Unauthorized)]
    [InlineData("another audience", HttpStatusCode.Unauthorized)]
    [InlineData("another party", HttpStatusCode.Forbidden)]
    public async Task From_anybody_but_the_gateway(string who, HttpStatusCode status)
    {
        var consignment = new Consignment(world, grant, "cancer", Cancer);
        using var client = who switch
        {
            "no token" => new HttpClient { BaseAddress = world.Address },
            "another audience" => world.Machine(audience: "permit"),
            _ => world.Machine("cancerregistry"),
        };
        using var answer = await consignment.AnnounceAsync(client);
        Assert.Equal(status, answer.StatusCode);
        using var part = await client.PostAsync(
            new Uri($"/ingress/v1/orders/{consignment.Id}/parts", UriKind.Relative),
            null,
            TestContext.Current.CancellationToken
        );
        Assert.Equal(status, part.StatusCode);
        NothingHappened();
    }

    /// <summary>Gateway itself lies, or is wrong: only the rows show it.</summary>
    [Theory]
    [InlineData("rows", "row-count")]
    [InlineData("undeclared column", "column-undeclared")]
    [InlineData("wrong type", "wrong-type")]
    [Trait("Invariant", "2")]
    [Trait("Article", "EHDS 73(1)(d)")]
    public async Task That_is_not_what_its_manifest_and_permit_say(string what, string reason)
    {
        var consignment = what switch
        {
            "rows" => new Consignment(
                world,
                grant,
                "cancer",
                [Cancer[0], Cancer[0]],
                change: m => m with { Parts = [m.Parts[0], m.Parts[1] with { Rows = 2 }], Rows = 3 }
            ),
            "undeclared column" => new Consignment(
                world,
                grant,
                "cancer",
                Cancer,
                header: ["treatment_group", "diagnosis_date", "shoe_size"]
            ),
            _ => new Consignment(
                world,
                grant,
                "cancer",
                [
                    [
                        ["anna", "surgery", "yesterday", "71"],
                    ],
                ]
            ),
        };
        using var client = world.Machine();
        await consignment.UploadAsync(client);
        using var first = await consignment.AnnounceAsync(client);
        if (what == "rows")
        {
            // The seal of the part says otherwise already.
            Assert.Equal(HttpStatusCode.Conflict, first.StatusCode);
            NothingHappened();
            return;
        }

        Assert.Equal(HttpStatusCode.Accepted, first.StatusCode);
        var deliveries = world.Services.GetRequiredService<Deliveries>();
        await SpeWorld.UntilAsync("it is refused", () => deliveries.Find(consignment.Id)!.State == Delivery.Refused);
        Assert.Equal(reason, deliveries.Find(consignment.Id)!.Refusal);
        using var again = await consignment.AnnounceAsync(client);
        Assert.Equal(HttpStatusCode.Conflict, again.StatusCode);
        Assert.Equal(ProblemTypes.OrderRejected, await SpeRoom.TypeAsync(again));
        Assert.Empty(world.Node.Receipts);
        Assert.False(Directory.Exists(Path.Combine(world.Data, ".ingress", consignment.Id)));
        Assert.Equal([], deliveries.SourcesOf(grant.Lineage));
        await SpeWorld.UntilAsync("it is in the audit log", () => world.Node.Audit.Any(e => e.Action == "delivery-refused"));
    }

    [Theory]
    [InlineData("changed")]
    [InlineData("cut")]
    public async Task With_a_part_that_changed_on_the_disk(string what)
    {
        await world.StopAsync();
        await world.StartAsync(opens: false);
        var consignment = new Consignment(world, grant, "cancer", Cancer);
        await consignment.SendAsync();
        await world.StopAsync();
        var file = Path.Combine(world.Data, ".ingress", consignment.Id, "delivery-1.c4gh");
        var bytes = await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken);
        bytes[^1] ^= 1;
        await File.WriteAllBytesAsync(file, what == "cut" ? bytes[..^1] : bytes, TestContext.Current.CancellationToken);
        await world.StartAsync();
        var deliveries = world.Services.GetRequiredService<Deliveries>();
        await SpeWorld.UntilAsync("it is refused", () => deliveries.Find(consignment.Id)!.State == Delivery.Refused);
        Assert.Equal("part-changed", deliveries.Find(consignment.Id)!.Refusal);
        Assert.Empty(world.Node.Receipts);
    }

    [Fact]
    public async Task Leaves_what_was_delivered_before_as_it_was()
    {
        await new Consignment(world, grant, "cancer", Cancer).SendAsync();
        await SpeWorld.UntilAsync("it is open", () => world.Node.Receipts.Count == 1);
        var wrong = new Consignment(
            world,
            grant,
            "cancer",
            [
                Cancer[0],
                [
                    ["berit", "surgery", "yesterday", "1"],
                ],
            ]
        );
        await wrong.SendAsync();
        var deliveries = world.Services.GetRequiredService<Deliveries>();
        await SpeWorld.UntilAsync("it is refused", () => deliveries.Find(wrong.Id)!.State == Delivery.Refused);
        var database = Path.Combine(world.Data, grant.Lineage, "workspace.duckdb");
        Assert.Equal(["surgery"], SpeRoom.Read($"Data Source={database};ACCESS_MODE=READ_ONLY", "SELECT treatment_group FROM cancer"));
        Assert.True(File.Exists(Path.Combine(world.Data, grant.Lineage, "deliveries", "cancer", "receipt.jws")));
    }

    [Fact]
    public async Task Takes_no_second_manifest_for_an_order()
    {
        var consignment = new Consignment(world, grant, "cancer", Cancer);
        await consignment.SendAsync();
        using var client = world.Machine();
        var other = world.SignerOf("gateway").Sign(consignment.Manifest.Payload with { Transformations = ["something"] });
        using var answer = await consignment.AnnounceAsync(client, manifest: other.Text);
        Assert.Equal(HttpStatusCode.Conflict, answer.StatusCode);
        Assert.Equal(ProblemTypes.OrderClosed, await SpeRoom.TypeAsync(answer));
    }

    private async Task RefusesAsync(
        Consignment consignment,
        (int Status, string Type) problem,
        string? manifest = null,
        string? permit = null,
        string? keySeal = null,
        byte[]? box = null
    )
    {
        using var client = world.Machine();
        using var known = await consignment.AnnounceOrderAsync(client);
        if (known.IsSuccessStatusCode)
        {
            await consignment.UploadPartsAsync(client);
        }

        using var answer = await consignment.AnnounceAsync(client, manifest, permit, keySeal, box);
        Assert.Equal(problem, await SpeRoom.ProblemAsync(answer));
        NothingHappened();
        await SpeWorld.UntilAsync(
            "the refusal is in the audit log",
            () => world.Node.Audit.Any(e => e is { Action: "call-refused", Sub: "service-gateway" })
        );
    }

    private async Task TakesNoPartAsync(Consignment consignment, HttpClient client, string? path = null)
    {
        using var create = Transfer.Creation(path ?? consignment.Parts, consignment.First.Seal);
        using var refused = await client.SendAsync(create, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.NotFound, refused.StatusCode);
        Assert.Equal(ProblemTypes.NotFound, await SpeRoom.TypeAsync(refused));
        Assert.False(Directory.Exists(Path.Combine(world.Data, ".ingress")));
        NothingHappened();
    }

    private void NothingHappened()
    {
        Assert.Empty(world.Services.GetRequiredService<Deliveries>().Unfinished());
        Assert.DoesNotContain(Directory.EnumerateDirectories(world.Data).Select(Path.GetFileName), name => !name!.StartsWith('.'));
        Assert.Empty(world.Node.Receipts);
    }

    private static string Tampered(string jws)
    {
        var parts = jws.Split('.');
        var payload = JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(Base64UrlText.Decode(parts[1]))!;
        payload[payload.ContainsKey("transformations") ? "transformations" : "conditions"] = Other;
        return $"{parts[0]}.{Base64UrlText.Encode(JsonSerializer.SerializeToUtf8Bytes(payload))}.{parts[2]}";
    }
}
