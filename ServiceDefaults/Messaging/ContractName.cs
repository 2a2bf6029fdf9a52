using System.Text.Json;

namespace HealthDataNode.ServiceDefaults.Messaging;

/// <summary>
/// The routing key of an event: <c>service.kebab-event</c>, from its namespace
/// <c>HealthDataNode.Service.Contracts.V1</c> and its type's name; a later version is <c>service.v2.event</c>.
/// </summary>
public static class ContractName
{
    /// <summary>How events are written: camelCase, enums as text.</summary>
    public static readonly JsonSerializerOptions Json = Options();

    /// <summary>The name of an event type.</summary>
    public static string Of(Type type)
    {
        var parts = type.Namespace?.Split('.') ?? [];
        if (parts is not ["HealthDataNode", var service, "Contracts", ['V', ..] version])
        {
            throw new ArgumentException($"{type.Name} is not in a namespace HealthDataNode.<Service>.Contracts.V<n>.");
        }
        var prefix = version == "V1" ? "" : $"{version.ToLowerInvariant()}.";
        return $"{service.ToLowerInvariant()}.{prefix}{JsonNamingPolicy.KebabCaseLower.ConvertName(type.Name)}";
    }

    private static JsonSerializerOptions Options()
    {
        var options = new JsonSerializerOptions();
        ServiceDefaultsExtensions.Configure(options);
        // A later producer may add members within a version: consumers ignore what they do not know.
        options.UnmappedMemberHandling = System.Text.Json.Serialization.JsonUnmappedMemberHandling.Skip;
        return options;
    }
}
