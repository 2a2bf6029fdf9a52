using System.Text.Json;
using System.Text.Json.Nodes;
using HealthDataNode.Permit.Contracts.V1;
using HealthDataNode.ServiceDefaults.Messaging;
using Microsoft.IdentityModel.Tokens;

namespace HealthDataNode.Services.Tests.Permit;

public sealed class Calling_the_permit_service(PostgresFixture postgres)
{
    [Fact]
    public async Task Needs_a_token_of_this_api_that_has_not_expired()
    {
        await using var world = await PermitWorld.StartAsync(postgres);
        using var foreign = System.Security.Cryptography.ECDsa.Create(System.Security.Cryptography.ECCurve.NamedCurves.nistP256);
        string[] tokens =
        [
            TestTokens.For("catalogue", PermitWorld.Nora, ["data-user"], "999000301"),
            TestTokens.For("permit", PermitWorld.Nora, ["data-user"], "999000301", expires: DateTime.UtcNow.AddMinutes(-1)),
            TestTokens.For("permit", PermitWorld.Nora, ["data-user"], "999000301", type: "JWT"),
            TestTokens.For("permit", PermitWorld.Nora, ["data-user"], "999000301", issuer: "https://localhost:9/realms/other"),
            TestTokens.For("permit", PermitWorld.Nora, ["data-user"], "999000301", key: new ECDsaSecurityKey(foreign)),
        ];
        foreach (var token in tokens)
        {
            Assert.Equal((401, "unauthenticated"), await (await world.Host.With(token).FetchAsync("v1/applications")).ProblemAsync());
        }
        Assert.Equal((401, "unauthenticated"), await (await world.Host.Anonymous.FetchAsync("v1/applications")).ProblemAsync());
        Assert.Equal((401, "unauthenticated"), await (await world.Host.Anonymous.FetchAsync("v1/cases")).ProblemAsync());
        // What an anonymous caller does is a metric, never an entry.
        Assert.Empty(await world.EventsAsync("permit.call-refused"));
    }

    [Fact]
    public async Task Needs_the_role_and_a_refusal_is_an_audit_entry()
    {
        await using var world = await PermitWorld.StartAsync(postgres);
        Assert.Equal(
            (403, "forbidden"),
            await (await world.Officer.PostJsonAsync("v1/applications", PermitWorld.Complete())).ProblemAsync()
        );
        Assert.Equal((403, "forbidden"), await (await world.Applicant.FetchAsync("v1/cases")).ProblemAsync());
        var stranger = world.Host.As("sub-stranger", ["administrator"], "999000001");
        Assert.Equal((403, "forbidden"), await (await stranger.FetchAsync("v1/applications")).ProblemAsync());
        var refused = await world.EventsAsync("permit.call-refused");
        Assert.Equal(["sub-officer", "sub-nora", "sub-stranger"], refused.Select(entry => (string)entry["sub"]!));
        Assert.Equal("POST /v1/applications", (string?)refused[0]["operation"]);
    }

    [Fact]
    public async Task Needs_an_organisation_to_apply_for()
    {
        await using var world = await PermitWorld.StartAsync(postgres);
        var without = world.Host.As(PermitWorld.Nora, ["data-user"]);
        Assert.Equal(
            (403, "no-organisation"),
            await (await without.PostJsonAsync("v1/applications", PermitWorld.Complete())).ProblemAsync()
        );
    }

    [Fact]
    public async Task Is_described_by_its_OpenAPI_document()
    {
        await using var world = await PermitWorld.StartAsync(postgres);
        var document = JsonNode.Parse(await world.Host.Anonymous.TextAsync("openapi/v1.json"))!.AsObject();
        document.Remove("servers");
        Golden.Matches("permit.openapi.json", document.Pretty());
    }

    [Fact]
    public void Publishes_events_of_a_form_that_does_not_change()
    {
        var id = Guid.Parse("019d0000-0000-7000-8000-000000000001");
        var handled = Guid.Parse("019d0000-0000-7000-8000-000000000002");
        object[] events =
        [
            new ApplicationSubmitted(id, 3, "sub", "999000301", "53(1)(e)", ["cancer", "death"], "hdab", ["hdab", "hospitaltrust"]),
            new ApplicationWithdrawn(id, 6, "sub", [handled]),
            new FeeEstimated(id, 3, "NOK", 20280),
            new InformationRequested(id, handled, 4, "sub"),
            new InformationGiven(id, handled, 5, "sub"),
            new TimeLimitExtended(id, handled, 6, "sub"),
            new CasePrepared(id, handled, 7, "sub", "granted"),
            new CaseDecided(id, handled, 10, "sub", "granted", "l-0123456789abcdef0123"),
            new PermitGranted("l-0123456789abcdef0123", 1, "header.payload.signature", ["cancer", "death"]),
            new ApprovalDecided(id, 8, "sub", "ethics", "granted", "l-0123456789abcdef0123"),
            new ApprovalRevoked(id, 11, "sub", "ethics", "l-0123456789abcdef0123"),
            new DecisionRevoked(id, handled, 12, "sub", "l-0123456789abcdef0123"),
            new ReleaseRecorded("l-0123456789abcdef0123", "referencespe", new string('c', 64), DateTimeOffset.UnixEpoch),
            new ReleaseJudgedByParticipant("l-0123456789abcdef0123", "referencespe", new string('c', 64)),
            new PermitRevoked("l-0123456789abcdef0123", 1, "sub", DateTimeOffset.UnixEpoch),
        ];
        Assert.Equal(typeof(PermitGranted).Assembly.GetExportedTypes().Length, events.Length);
        foreach (var one in events)
        {
            var json = JsonSerializer.Serialize(one, one.GetType(), ContractName.Json);
            var read = JsonSerializer.Deserialize(json, one.GetType(), ContractName.Json)!;
            Assert.Equal(json, JsonSerializer.Serialize(read, one.GetType(), ContractName.Json));
            Golden.Matches($"{ContractName.Of(one.GetType())}.json", JsonNode.Parse(json)!.Pretty());
        }
    }
}
