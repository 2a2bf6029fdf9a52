using HealthDataNode.Protocol.Pseudonyms;

namespace HealthDataNode.Pseudonymisation.Keys;

/// <summary>
/// Where permit keys lie: outside every database, so that no backup of one brings a shredded key back. A directory
/// here; a PKCS#11 token in production.
/// </summary>
public interface IPermitKeyStore
{
    /// <summary>Makes the lineage's key unless it is there.</summary>
    void Ensure(string lineage);

    /// <summary>The lineage's key, or null when there is none (any more). The caller disposes it and keeps no copy.</summary>
    PermitKey? Find(string lineage);

    /// <summary>Deletes the key in the store and at every remembered mirror that can be reached. Safe to repeat.</summary>
    ShreddedPlaces Shred(string lineage);
}

/// <summary>What a shredding reached.</summary>
/// <param name="Places">Every place that had, or may have had, the key: the store, then its mirrors, as the signed record
/// names them.</param>
/// <param name="Away">Mirrors that are not there and were not declared lost: the key may still lie in them.</param>
public sealed record ShreddedPlaces(IReadOnlyList<string> Places, IReadOnlyList<string> Away);
