using HealthDataNode.Protocol.Pseudonyms;

namespace HealthDataNode.Pseudonymisation.Keys;

/// <summary>
/// Where permit keys lie: outside every database, so that no backup of one brings a shredded key back. A directory
/// here; a PKCS#11 token in production.
/// </summary>
public interface IPermitKeyStore
{
    /// <summary>Where the keys lie, as a signed record names it.</summary>
    string Place { get; }

    /// <summary>Makes the lineage's key unless it is there.</summary>
    void Ensure(string lineage);

    /// <summary>The lineage's key, or null when there is none (any more). The caller disposes it and keeps no copy.</summary>
    PermitKey? Find(string lineage);

    /// <summary>Deletes the key. Safe to repeat.</summary>
    void Shred(string lineage);
}
