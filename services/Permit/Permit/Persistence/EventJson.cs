using System.Text.Json;
using System.Text.Json.Nodes;
using HealthDataNode.Permit.Domain;
using HealthDataNode.ServiceDefaults.Messaging;

namespace HealthDataNode.Permit.Persistence;

/// <summary>Events as they lie in the table: a name that never changes, and JSON.</summary>
public static class EventJson
{
    private static readonly Dictionary<string, Type> Types = typeof(ApplicationEvent)
        .Assembly.GetTypes()
        .Where(type => type.IsSubclassOf(typeof(ApplicationEvent)) && !type.IsAbstract)
        .ToDictionary(Name);

    /// <summary>The row of an event.</summary>
    public static EventRow ToRow(Guid application, RecordedEvent recorded) =>
        new()
        {
            ApplicationId = application,
            Sequence = recorded.Sequence,
            Type = Name(recorded.Event.GetType()),
            Payload = JsonSerializer.Serialize(recorded.Event, recorded.Event.GetType(), ContractName.Json),
            At = recorded.At,
            Actor = recorded.Actor,
        };

    /// <summary>The history that an application's rows tell, in their order.</summary>
    public static IEnumerable<RecordedEvent> ToEvents(IEnumerable<EventRow> rows)
    {
        var earlier = new EarlierEvents();
        foreach (var row in rows)
        {
            var payload = earlier.Complete(row.Type, JsonNode.Parse(row.Payload)!.AsObject());
            yield return new RecordedEvent(
                row.Sequence,
                row.At,
                row.Actor,
                (ApplicationEvent)payload.Deserialize(Types[row.Type], ContractName.Json)!
            );
        }
    }

    private static string Name(Type type) => JsonNamingPolicy.KebabCaseLower.ConvertName(type.Name);
}
