namespace HealthDataNode.ReferenceSpe.Ingress;

/// <summary>Where opened rows go: a workspace's table, or a file for an SPE that is not ours.</summary>
internal interface IRowSink
{
    /// <summary>Adds a row.</summary>
    /// <param name="pseudonym">The permit pseudonym, 16 bytes.</param>
    /// <param name="fields">The other fields, one after another.</param>
    /// <param name="lengths">The length of each.</param>
    void Append(ReadOnlySpan<byte> pseudonym, ReadOnlySpan<byte> fields, ReadOnlySpan<int> lengths);
}
