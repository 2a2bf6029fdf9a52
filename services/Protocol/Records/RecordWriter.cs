using System.Security.Cryptography;

namespace HealthDataNode.Protocol.Records;

/// <summary>
/// Writes records and checks them as a reader would, so that a mistake is found where it is made. Disposing it erases
/// what it remembers; the stream is the caller's. Give whole batches.
/// </summary>
/// <param name="output">Receives the records, for example a <see cref="Crypt4Gh.Crypt4GhWriter"/>.</param>
/// <param name="format">Which kind they are.</param>
/// <param name="previous">The last record of the part before, where parts go on ascending; else empty.</param>
public sealed class RecordWriter(Stream output, RecordFormat format, ReadOnlyMemory<byte> previous = default) : IDisposable
{
    private readonly byte[] last = previous.IsEmpty ? new byte[format.Size] : previous.ToArray();
    private bool hasLast = !previous.IsEmpty;

    /// <summary>Records written so far.</summary>
    public long Count { get; private set; }

    /// <summary>The record written last (or given as the previous one); empty before the first.</summary>
    public ReadOnlySpan<byte> Last => hasLast ? last : default;

    /// <summary>Writes whole records.</summary>
    /// <exception cref="ProtocolException">As <see cref="RecordFormat.Check"/>; nothing is written then.</exception>
    public void Write(ReadOnlySpan<byte> records)
    {
        Accept(records);
        output.Write(records);
    }

    /// <summary>As <see cref="Write"/>.</summary>
    /// <exception cref="ProtocolException">As <see cref="RecordFormat.Check"/>; nothing is written then.</exception>
    public ValueTask WriteAsync(ReadOnlyMemory<byte> records, CancellationToken cancellationToken = default)
    {
        Accept(records.Span);
        return output.WriteAsync(records, cancellationToken);
    }

    /// <summary>Erases what it remembers.</summary>
    public void Dispose() => CryptographicOperations.ZeroMemory(last);

    private void Accept(ReadOnlySpan<byte> records)
    {
        format.Check(records, Last, Count);
        if (!records.IsEmpty)
        {
            records[^format.Size..].CopyTo(last);
            hasLast = true;
            Count += records.Length / format.Size;
        }
    }
}
