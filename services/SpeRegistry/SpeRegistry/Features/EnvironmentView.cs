using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Trust;
using HealthDataNode.SpeRegistry.Domain;

namespace HealthDataNode.SpeRegistry.Features;

/// <summary>An SPE as everybody may see it (EHDS 58(1)).</summary>
/// <param name="Party">Party id.</param>
/// <param name="Name">Name.</param>
/// <param name="Org">Organisation number of its operator.</param>
/// <param name="IngressUrl">Where deliveries go.</param>
/// <param name="DoorUrl">Where a person signs in.</param>
/// <param name="Status">Where it stands at this moment; only <c>approved</c> lets data in.</param>
/// <param name="ApprovedUntil">End of the approval, exclusive, UTC; absent where there is none.</param>
/// <param name="SigningKey">The newest signing key that the node's root has stated: what a permit pins.</param>
/// <param name="EncryptionKey">The SPE's encryption key, a spe-key JWS by that signing key.</param>
/// <param name="Version">Grows with every change.</param>
public sealed record EnvironmentView(
    string Party,
    string Name,
    string Org,
    string IngressUrl,
    string DoorUrl,
    EnvironmentStatus Status,
    DateTimeOffset? ApprovedUntil,
    EnvironmentView.Key? SigningKey,
    string EncryptionKey,
    int Version
)
{
    /// <param name="Thumbprint">RFC 7638.</param>
    /// <param name="Sequence">From 1.</param>
    public sealed record Key(string Thumbprint, int Sequence);

    /// <summary>The view at a moment.</summary>
    public static EnvironmentView Of(SpeEnvironment environment, bool isDeclared, Ruling? newest, TrustStore trust, DateTimeOffset now) =>
        new(
            environment.Party,
            environment.Name,
            environment.Org,
            environment.IngressUrl,
            environment.DoorUrl,
            SpeEnvironment.StatusAt(now, isDeclared, newest),
            newest?.Until,
            trust.NewestOf(environment.Party, KeyUses.Spe) is { } key ? new Key(key.Thumbprint, key.Statement.Sequence) : null,
            environment.EncryptionKey,
            environment.Version
        );
}
