using System.Text.Json;
using System.Text.Json.Nodes;
using HealthDataNode.Gateway.Contracts.V1;
using HealthDataNode.Gateway.Persistence;
using HealthDataNode.ServiceDefaults.Messaging;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.Extensions.DependencyInjection;

namespace HealthDataNode.Services.Tests.Gateway;

public sealed class The_contracts_of_Gateway(StageFixture fixture) : IClassFixture<StageFixture>
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };
    private readonly Stage stage = fixture.Stage;

    [Fact]
    public void Are_the_agreed_events()
    {
        object[] events =
        [
            new OrderIssued("o1", 2, "l1", "cancer", "cancerregistry", new string('a', 64), DateTimeOffset.UnixEpoch),
            new DeliveryReceived("o1", 4, "l1", "cancer", new string('b', 64), 3),
            new OrderRejected("o1", 5, "l1", "cancer", "wrong-type", 1, 7, "age"),
            new OrderOverdue("o1", 4, "l1", "cancer", "cancerregistry", DateTimeOffset.UnixEpoch),
            new DeliveryCompleted("o1", 7, "l1", "cancer", "referencespe", new string('c', 64), new string('d', 64)),
        ];
        foreach (var one in events)
        {
            var json = JsonSerializer.Serialize(one, one.GetType(), ContractName.Json);
            Golden.Matches($"{ContractName.Of(one.GetType())}.json", JsonNode.Parse(json)!.ToJsonString(Indented));
        }
    }

    [Fact]
    public async Task Are_the_agreed_API()
    {
        var text = await stage.Gateway.Anonymous.GetStringAsync("/openapi/v1.json", TestContext.Current.CancellationToken);
        var document = JsonNode.Parse(text)!.AsObject();
        document.Remove("servers");
        Golden.Matches("gateway.openapi.json", document.ToJsonString(Indented));
    }

    [Fact]
    public async Task Map_every_column_of_the_schema()
    {
        await using var scope = stage.Gateway.Services.CreateAsyncScope();
        var database = scope.ServiceProvider.GetRequiredService<GatewayDb>();
        foreach (var entity in database.Model.GetEntityTypes().Where(entity => entity.GetSchema() == "gateway"))
        {
            var name = entity.GetTableName()!;
            var actual = await database
                .Database.SqlQuery<string>(
                    $"""SELECT column_name::text AS "Value" FROM information_schema.columns WHERE table_schema = 'gateway' AND table_name = {name}"""
                )
                .ToListAsync(TestContext.Current.CancellationToken);
            var table = StoreObjectIdentifier.Table(name, "gateway");
            var mapped = entity.GetProperties().Select(property => property.GetColumnName(table)).Where(column => column != "xmin");
            Assert.Equal(actual.Order(StringComparer.Ordinal), mapped.Order(StringComparer.Ordinal));
        }
    }
}
