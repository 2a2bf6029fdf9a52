using System.Text.Json.Serialization;

namespace HealthDataNode.Protocol.Documents;

/// <summary>How documents are read and written: camelCase, and nothing that a reader would overlook.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    AllowDuplicateProperties = false
)]
[JsonSerializable(typeof(KeyStatement))]
[JsonSerializable(typeof(KeyRequest))]
[JsonSerializable(typeof(SealedId))]
[JsonSerializable(typeof(PermitDocument))]
[JsonSerializable(typeof(OrderDocument))]
[JsonSerializable(typeof(Seal))]
[JsonSerializable(typeof(Closing))]
[JsonSerializable(typeof(Manifest))]
[JsonSerializable(typeof(SpeKey))]
[JsonSerializable(typeof(Receipt))]
[JsonSerializable(typeof(Release))]
[JsonSerializable(typeof(PermitState))]
[JsonSerializable(typeof(AccessAnswer))]
[JsonSerializable(typeof(SpeState))]
[JsonSerializable(typeof(Deletion))]
[JsonSerializable(typeof(Shredding))]
internal sealed partial class DocumentJson : JsonSerializerContext;
