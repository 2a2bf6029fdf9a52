using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Seals;

namespace HealthDataNode.Protocol.Uploads;

/// <summary>Where uploads are kept. Calls for one key never overlap: the endpoints see to it.</summary>
public interface IUploadStore
{
    /// <summary>Creates an upload, or gives the one that is there, maybe with another seal.</summary>
    /// <param name="key">What it is of.</param>
    /// <param name="seal">Its verified seal.</param>
    /// <param name="cancel">Stops it.</param>
    Task<UploadState> CreateAsync(UploadKey key, SignedDocument<Seal> seal, CancellationToken cancel);

    /// <summary>The upload as it stands; the offset is what survives a crash. Null where there is none.</summary>
    /// <param name="key">What it is of.</param>
    /// <param name="cancel">Stops it.</param>
    Task<UploadState?> FindAsync(UploadKey key, CancellationToken cancel);

    /// <summary>Appends content; what arrived before a fault stays.</summary>
    /// <param name="state">The upload, as just found.</param>
    /// <param name="content">The bytes from its offset on.</param>
    /// <param name="cancel">Stops reading; what was read is kept.</param>
    /// <returns>The offset after it.</returns>
    /// <exception cref="UploadOverflowException">There are more bytes than the seal says.</exception>
    Task<long> AppendAsync(UploadState state, Stream content, CancellationToken cancel);

    /// <summary>Length and SHA-256 of what is stored.</summary>
    /// <param name="key">What it is of.</param>
    /// <param name="cancel">Stops it.</param>
    Task<SealedBytes> MeasureAsync(UploadKey key, CancellationToken cancel);

    /// <summary>Marks an upload as accepted; it is never changed again.</summary>
    /// <param name="state">The upload.</param>
    /// <param name="cancel">Stops it.</param>
    Task AcceptAsync(UploadState state, CancellationToken cancel);

    /// <summary>The stored bytes, to read.</summary>
    /// <param name="key">What it is of.</param>
    Stream OpenRead(UploadKey key);

    /// <summary>Deletes an upload.</summary>
    /// <param name="key">What it is of.</param>
    /// <param name="cancel">Stops it.</param>
    Task DeleteAsync(UploadKey key, CancellationToken cancel);

    /// <summary>Deletes everything of an order, as when it is rejected.</summary>
    /// <param name="order">The order's id.</param>
    /// <param name="cancel">Stops it.</param>
    Task DeleteOrderAsync(string order, CancellationToken cancel);
}

/// <summary>More bytes came than the seal says.</summary>
public sealed class UploadOverflowException() : IOException("More bytes came than the seal says.");
