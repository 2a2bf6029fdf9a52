using System.Text.Json;
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

    /// <summary>The event of a row.</summary>
    public static RecordedEvent ToEvent(EventRow row) =>
        new(
            row.Sequence,
            row.At,
            row.Actor,
            (ApplicationEvent)JsonSerializer.Deserialize(row.Payload, Types[row.Type], ContractName.Json)!
        );

    private static string Name(Type type) => JsonNamingPolicy.KebabCaseLower.ConvertName(type.Name);
}
