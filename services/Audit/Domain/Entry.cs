using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace HealthDataNode.Audit.Domain;

/// <summary>What somebody did, as it is to be recorded.</summary>
/// <param name="Publisher">The service or outside party that says so.</param>
/// <param name="Number">The publisher's own running number, or null where it has none.</param>
/// <param name="MessageId">The publisher's id of it; the same id again is the same fact.</param>
/// <param name="Contract">Kind of fact, for example <c>permit.permit-granted</c>.</param>
/// <param name="OccurredAt">When, as the publisher says.</param>
/// <param name="Payload">Byte for byte as it came.</param>
public sealed record Fact(string Publisher, long? Number, Guid MessageId, string Contract, DateTimeOffset OccurredAt, string Payload);

/// <summary>One link of the chain.</summary>
public sealed class Entry
{
    /// <summary>What the first entry names as the hash before it.</summary>
    public static byte[] Genesis => new byte[SHA256.HashSizeInBytes];

    /// <summary>From 1, without gaps.</summary>
    public required long Sequence { get; init; }

    /// <inheritdoc cref="Fact" path="/param[@name='Publisher']" />
    public required string Publisher { get; init; }

    /// <inheritdoc cref="Fact" path="/param[@name='Number']" />
    public long? Number { get; init; }

    /// <inheritdoc cref="Fact" path="/param[@name='MessageId']" />
    public required Guid MessageId { get; init; }

    /// <inheritdoc cref="Fact" path="/param[@name='Contract']" />
    public required string Contract { get; init; }

    /// <inheritdoc cref="Fact" path="/param[@name='OccurredAt']" />
    public required DateTimeOffset OccurredAt { get; init; }

    /// <summary>When it came here.</summary>
    public required DateTimeOffset RecordedAt { get; init; }

    /// <inheritdoc cref="Fact" path="/param[@name='Payload']" />
    public required string Payload { get; init; }

    /// <summary>The hash of the entry before.</summary>
    public required byte[] PreviousHash { get; init; }

    /// <summary>SHA-256 over the hash before and every other field.</summary>
    public required byte[] Hash { get; init; }

    /// <summary>The link after <paramref name="previous"/>.</summary>
    public static Entry After(Entry? previous, Fact fact, DateTimeOffset now)
    {
        var sequence = (previous?.Sequence ?? 0) + 1;
        var previousHash = previous?.Hash ?? Genesis;
        var occurredAt = AsStored(fact.OccurredAt);
        var recordedAt = AsStored(now);
        return new Entry
        {
            Sequence = sequence,
            Publisher = fact.Publisher,
            Number = fact.Number,
            MessageId = fact.MessageId,
            Contract = fact.Contract,
            OccurredAt = occurredAt,
            RecordedAt = recordedAt,
            Payload = fact.Payload,
            PreviousHash = previousHash,
            Hash = HashOf(sequence, fact, occurredAt, recordedAt, previousHash),
        };
    }

    /// <summary>The hash that this entry should have, from what it says.</summary>
    public byte[] Recompute() =>
        HashOf(Sequence, new Fact(Publisher, Number, MessageId, Contract, OccurredAt, Payload), OccurredAt, RecordedAt, PreviousHash);

    private static byte[] HashOf(long sequence, Fact fact, DateTimeOffset occurredAt, DateTimeOffset recordedAt, byte[] previousHash)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(previousHash);
        Append(hash, sequence.ToString(CultureInfo.InvariantCulture));
        Append(hash, fact.Publisher);
        Append(hash, fact.Number?.ToString(CultureInfo.InvariantCulture) ?? "");
        Append(hash, fact.MessageId.ToString("D"));
        Append(hash, fact.Contract);
        Append(hash, occurredAt.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.ffffffZ", CultureInfo.InvariantCulture));
        Append(hash, recordedAt.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.ffffffZ", CultureInfo.InvariantCulture));
        Append(hash, fact.Payload);
        return hash.GetHashAndReset();
    }

    // Each field with its length before it: no two different entries have the same bytes.
    private static void Append(IncrementalHash hash, string field)
    {
        var bytes = Encoding.UTF8.GetBytes(field);
        Span<byte> length = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(length, bytes.Length);
        hash.AppendData(length);
        hash.AppendData(bytes);
    }

    // PostgreSQL keeps microseconds: what is hashed must be what comes back.
    private static DateTimeOffset AsStored(DateTimeOffset time) =>
        new(time.UtcTicks - (time.UtcTicks % TimeSpan.TicksPerMicrosecond), TimeSpan.Zero);
}
