using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Trust;
using HealthDataNode.Services.Tests.Permit;

namespace HealthDataNode.Services.Tests.SpeRegistry;

public sealed class Registering_an_environment(PostgresFixture postgres)
{
    private const string Endpoints = $"{SpeRegistryWorld.Path}/endpoints";

    [Fact]
    public async Task Shows_its_addresses_and_the_key_that_permits_pin()
    {
        await using var world = await SpeRegistryWorld.StartAsync(postgres);
        await world.RegisterAsync();
        var environment = await world.ReadAsync();
        Assert.Equal("registered", (string)environment["status"]!);
        Assert.Equal(world.Key.PublicKey.Thumbprint, (string)environment["signingKey"]!["thumbprint"]!);
        Assert.Equal(1, (int)environment["signingKey"]!["sequence"]!);
        Assert.Equal("https://localhost:7001/ingress", (string)environment["ingressUrl"]!);
        Assert.Null(environment["approvedUntil"]);
        Assert.Equal("spe-key+jwt", Jws.Read((string)environment["encryptionKey"]!).Typ);
        var all = await (await world.Host.Anonymous.FetchAsync("v1/environments")).JsonAsync();
        Assert.Equal(environment.ToJsonString(), Assert.Single(all["environments"]!.AsArray())!.ToJsonString());
        Assert.Single(await Outbox.EventsAsync(world.Database, "speregistry.environment-registered"));
    }

    [Fact]
    public async Task Again_changes_nothing_and_a_new_address_does()
    {
        await using var world = await SpeRegistryWorld.StartAsync(postgres);
        await world.RegisterAsync();
        // The key is signed anew: another text, the same key.
        await world.RegisterAsync();
        Assert.Single(await Outbox.EventsAsync(world.Database, "speregistry.environment-registered"));
        var moved = world.Endpoints();
        moved["doorUrl"] = "https://localhost:7002/";
        await (await world.Spe.PutJsonAsync(Endpoints, moved)).JsonAsync();
        Assert.Equal(
            ("https://localhost:7002/", 2),
            ((string)(await world.ReadAsync())["doorUrl"]!, (int)(await world.ReadAsync())["version"]!)
        );
    }

    [Fact]
    public async Task Is_for_the_party_itself()
    {
        await using var world = await SpeRegistryWorld.StartAsync(postgres);
        var other = world.Host.As("service-other", ["spe"], party: "otherspe");
        Assert.Equal((404, "not-found"), await (await other.PutJsonAsync(Endpoints, world.Endpoints())).ProblemAsync());
        Assert.Equal((403, "forbidden"), await (await world.Operator.PutJsonAsync(Endpoints, world.Endpoints())).ProblemAsync());
        Assert.Equal(
            (401, "unauthenticated"),
            await (await world.Host.Anonymous.PutJsonAsync(Endpoints, world.Endpoints())).ProblemAsync()
        );
        Assert.Equal((404, "not-found"), await (await world.Host.Anonymous.FetchAsync(SpeRegistryWorld.Path)).ProblemAsync());
    }

    [Fact]
    public async Task Takes_no_encryption_key_that_the_partys_stated_key_has_not_signed()
    {
        await using var world = await SpeRegistryWorld.StartAsync(postgres);
        using var attacker = new DocumentSigner(SigningKey.Create(), SpeRegistryWorld.Party, KeyUses.Spe);
        using var other = world.Trust.Enrol("otherspe", KeyUses.Spe);
        using var holder = world.Trust.Enrol("cancerregistry", KeyUses.Holder);
        string[] keys =
        [
            world.SignedKey(by: attacker),
            world.SignedKey(by: other),
            world.SignedKey(by: other, party: "otherspe"),
            world.SignedKey(by: holder),
            world.SignedKey()[..^4] + "AAAA",
            "none",
        ];
        foreach (var key in keys)
        {
            Assert.Equal((400, "document-refused"), await (await world.Spe.PutJsonAsync(Endpoints, world.Endpoints(key))).ProblemAsync());
        }
        world.Time.MoveTo(new DateTimeOffset(2032, 1, 1, 0, 0, 0, TimeSpan.Zero));
        Assert.Equal((400, "key-not-in-force"), await (await world.Spe.PutJsonAsync(Endpoints, world.Endpoints())).ProblemAsync());
        Assert.Equal((404, "not-found"), await (await world.Host.Anonymous.FetchAsync(SpeRegistryWorld.Path)).ProblemAsync());
    }

    [Fact]
    public async Task Keeps_its_operator_and_never_goes_back_to_an_older_key()
    {
        await using var world = await SpeRegistryWorld.StartAsync(postgres);
        await world.RegisterAsync();
        await (await world.Spe.PutJsonAsync(Endpoints, world.Endpoints(world.SignedKey(2, 2)))).JsonAsync();
        Assert.Equal(
            (409, "older-key"),
            await (await world.Spe.PutJsonAsync(Endpoints, world.Endpoints(world.SignedKey()))).ProblemAsync()
        );
        var other = world.Endpoints(world.SignedKey(3, 2));
        Assert.Equal((409, "key-differs"), await (await world.Spe.PutJsonAsync(Endpoints, other)).ProblemAsync());
        var sold = world.Endpoints(world.SignedKey(2, 2));
        sold["org"] = "999000401";
        Assert.Equal((409, "org-fixed"), await (await world.Spe.PutJsonAsync(Endpoints, sold)).ProblemAsync());
    }

    [Theory]
    [InlineData("ingressUrl", "http://localhost:7001/")]
    [InlineData("ingressUrl", "https://user@localhost/")]
    [InlineData("doorUrl", "not an address")]
    [InlineData("org", "12345")]
    [InlineData("name", "")]
    public async Task Names_the_field_that_is_wrong(string field, string value)
    {
        await using var world = await SpeRegistryWorld.StartAsync(postgres);
        var endpoints = world.Endpoints();
        endpoints[field] = value;
        var answer = await world.Spe.PutJsonAsync(Endpoints, endpoints);
        Assert.Equal((400, "invalid-request"), await answer.ProblemAsync());
        Assert.Contains($"\"{field}\"", await answer.TextAsync(), StringComparison.Ordinal);
    }
}
