using HealthDataNode.Protocol.Documents;

namespace HealthDataNode.Protocol.Uploads;

/// <summary>What an upload is of: of each there is one, and it is accepted once.</summary>
public sealed record UploadKey
{
    /// <summary>Names an upload.</summary>
    /// <param name="order">The order's id, as in the path.</param>
    /// <param name="type">One of <see cref="SealTypes"/>.</param>
    /// <param name="part">From 1.</param>
    /// <exception cref="ArgumentException">One of them is not of its form.</exception>
    public UploadKey(string order, string type, int part)
    {
        if (!Rule.IsId(order) || !Rule.IsOneOf(type, SealTypes.All) || part < 1)
        {
            throw new ArgumentException("An upload is of an order's id, a seal's type and a part from 1.");
        }

        Order = order;
        Type = type;
        Part = part;
    }

    /// <summary>The order's id.</summary>
    public string Order { get; }

    /// <summary>The seal's type.</summary>
    public string Type { get; }

    /// <summary>The part.</summary>
    public int Part { get; }
}

/// <summary>An upload as it stands.</summary>
/// <param name="Key">What it is of.</param>
/// <param name="SealText">Its seal, which was verified when it was created.</param>
/// <param name="SealDigest">The seal's digest.</param>
/// <param name="Seal">What the seal says.</param>
/// <param name="Offset">Bytes stored for good.</param>
/// <param name="IsComplete">Whether it was accepted: all bytes, as sealed.</param>
public sealed record UploadState(UploadKey Key, string SealText, string SealDigest, Seal Seal, long Offset, bool IsComplete);
