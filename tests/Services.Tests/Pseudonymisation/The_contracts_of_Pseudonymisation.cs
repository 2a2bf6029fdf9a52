using System.Text.Json;
using System.Text.Json.Nodes;
using HealthDataNode.Pseudonymisation.Contracts.V1;
using HealthDataNode.ServiceDefaults.Messaging;
using HealthDataNode.Services.Tests.Permit;

namespace HealthDataNode.Services.Tests.Pseudonymisation;

public sealed class The_contracts_of_Pseudonymisation(PseudonymisationFixture fixture) : IClassFixture<PseudonymisationFixture>
{
    [Fact]
    public void Are_the_agreed_events()
    {
        object[] events =
        [
            new IdentifiersTokenised(new string('a', 64), "cancerregistry", 1, DateTimeOffset.UnixEpoch),
            new BudgetExceeded(new string('a', 64), "cancerregistry", DateTimeOffset.UnixEpoch),
            new OrderClosed(new string('a', 64), "delivered", true, DateTimeOffset.UnixEpoch),
            new DeletionProved("l1", "referencespe", new string('b', 64), DateTimeOffset.UnixEpoch),
            new KeyShredded("l1", new string('c', 64), DateTimeOffset.UnixEpoch),
            new KeyOverdue("l1", DateTimeOffset.UnixEpoch),
            new OptOutDeclared(7, "citizen", DateTimeOffset.UnixEpoch),
            new OptOutListTaken("c1", 7, new string('a', 64), DateTimeOffset.UnixEpoch),
            new PopulationTaken(1, DateTimeOffset.UnixEpoch),
            new AliasesSealed("l1", 1, DateTimeOffset.UnixEpoch),
            new KeyTapArmed(DateTimeOffset.UnixEpoch),
        ];
        foreach (var one in events)
        {
            var json = JsonSerializer.Serialize(one, one.GetType(), ContractName.Json);
            Golden.Matches($"{ContractName.Of(one.GetType())}.json", JsonNode.Parse(json)!.Pretty());
        }
    }

    [Fact]
    public async Task Are_the_agreed_API()
    {
        var document = JsonNode.Parse(await fixture.World.Host.Anonymous.TextAsync("/openapi/v1.json"))!.AsObject();
        document.Remove("servers");
        Golden.Matches("pseudonymisation.openapi.json", document.Pretty());
    }
}
