using System.Security.Cryptography;

namespace HealthDataNode.Protocol.Records;

/// <summary>
/// Reads checked records in batches from a stream, with one buffer. Disposing it erases the buffer; the stream is the
/// caller's.
/// </summary>
/// <param name="input">The records, for example a <see cref="Crypt4Gh.Crypt4GhReader"/>.</param>
/// <param name="format">Which kind they are.</param>
/// <param name="previous">The last record of the part before, where parts go on ascending; else empty.</param>
/// <param name="batch">Records a batch at most.</param>
public sealed class RecordReader(Stream input, RecordFormat format, ReadOnlyMemory<byte> previous = default, int batch = 4096) : IDisposable
{
    private readonly byte[] buffer = new byte[batch * format.Size];
    private readonly byte[] last = previous.IsEmpty ? new byte[format.Size] : previous.ToArray();
    private bool hasLast = !previous.IsEmpty;

    /// <summary>Records read so far.</summary>
    public long Count { get; private set; }

    /// <summary>The record read last (or given as the previous one); empty before the first.</summary>
    public ReadOnlySpan<byte> Last => hasLast ? last : default;

    /// <summary>The next whole records, checked; empty at the end. Valid until the next call.</summary>
    /// <exception cref="ProtocolException">As <see cref="RecordFormat.Check"/>.</exception>
    public async ValueTask<ReadOnlyMemory<byte>> ReadBatchAsync(CancellationToken cancellationToken = default) =>
        Accept(await input.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false));

    /// <summary>As <see cref="ReadBatchAsync"/>.</summary>
    /// <exception cref="ProtocolException">As <see cref="RecordFormat.Check"/>.</exception>
    public ReadOnlySpan<byte> ReadBatch() => Accept(input.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false)).Span;

    /// <summary>Erases the buffer.</summary>
    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(buffer);
        CryptographicOperations.ZeroMemory(last);
    }

    private ReadOnlyMemory<byte> Accept(int read)
    {
        var records = buffer.AsMemory(0, read);
        format.Check(records.Span, Last, Count);
        if (read > 0)
        {
            records.Span[^format.Size..].CopyTo(last);
            hasLast = true;
            Count += read / format.Size;
        }

        return records;
    }
}
