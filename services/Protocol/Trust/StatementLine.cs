using System.Text.Json;
using System.Text.Json.Serialization;

namespace HealthDataNode.Protocol.Trust;

/// <summary>One line of <c>statements.jsonl</c>.</summary>
/// <param name="Statement">A key-statement JWS.</param>
/// <param name="Endorsement">For a signing key after the first: its key-request, signed by the key before it.</param>
internal sealed record StatementLine(string Statement, string? Endorsement = null)
{
    public static StatementLine? Read(string line)
    {
        try
        {
            return JsonSerializer.Deserialize(line, StatementLineJson.Default.StatementLine);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    public string Write() => JsonSerializer.Serialize(this, StatementLineJson.Default.StatementLine);
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    AllowDuplicateProperties = false
)]
[JsonSerializable(typeof(StatementLine))]
internal sealed partial class StatementLineJson : JsonSerializerContext;
