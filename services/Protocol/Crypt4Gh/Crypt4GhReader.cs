using System.Security.Cryptography;

namespace HealthDataNode.Protocol.Crypt4Gh;

/// <summary>
/// Reads a Crypt4GH file of this node's profile: exactly one header packet, for this key, with one data key. Every
/// byte handed out has been authenticated, but the format has no end mark and no order of segments: a file cut or
/// rearranged at segment boundaries is found by the seal's length and SHA-256 alone, so those are checked over the
/// whole file first. Needs one buffer of 64 KiB. Not safe for several threads.
/// </summary>
/// <param name="input">The file; only the kind of read that the caller does (sync or async) is used.</param>
/// <param name="key">The recipient's private key; used until the header is read, not disposed.</param>
/// <param name="leaveOpen">Whether <paramref name="input"/> stays open at the end.</param>
public sealed class Crypt4GhReader(Stream input, EncryptionKey key, bool leaveOpen = false) : Stream
{
    private readonly byte[] sealedSegment = new byte[Crypt4GhFormat.SealedSegmentSize];
    private ChaCha20Poly1305? cipher;
    private int position;
    private int end;
    private long segments;
    private bool ended;

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => false;

    /// <summary>Not supported.</summary>
    public override long Length => throw new NotSupportedException();

    /// <summary>Not supported.</summary>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <inheritdoc/>
    /// <exception cref="ProtocolException">
    /// <c>crypt4gh-malformed</c>, <c>crypt4gh-version</c>, <c>crypt4gh-header</c>, <c>crypt4gh-not-for-this-key</c>,
    /// <c>crypt4gh-several-keys</c>, <c>crypt4gh-edit-list</c>, <c>crypt4gh-truncated</c>, <c>crypt4gh-forged</c>.
    /// </exception>
    public override int Read(Span<byte> buffer)
    {
        if (buffer.IsEmpty)
        {
            return 0;
        }

        if (position == end && !ended)
        {
            if (cipher is null)
            {
                ReadHeader();
            }

            var read = input.ReadAtLeast(sealedSegment, sealedSegment.Length, throwOnEndOfStream: false);
            if (TryOpenInto(buffer, read, out var opened))
            {
                return opened;
            }
        }

        return Give(buffer);
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    /// <exception cref="ProtocolException">As <see cref="Read(Span{byte})"/>.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty)
        {
            return 0;
        }

        if (position == end && !ended)
        {
            if (cipher is null)
            {
                await ReadHeaderAsync(cancellationToken).ConfigureAwait(false);
            }

            var read = await input
                .ReadAtLeastAsync(sealedSegment, sealedSegment.Length, throwOnEndOfStream: false, cancellationToken)
                .ConfigureAwait(false);
            if (TryOpenInto(buffer.Span, read, out var opened))
            {
                return opened;
            }
        }

        return Give(buffer.Span);
    }

    /// <inheritdoc/>
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <summary>Does nothing.</summary>
    public override void Flush() { }

    /// <summary>Not supported.</summary>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <summary>Not supported.</summary>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <summary>Not supported.</summary>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        Erase();
        if (!leaveOpen)
        {
            await input.DisposeAsync().ConfigureAwait(false);
        }

        await base.DisposeAsync().ConfigureAwait(false);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        Erase();
        if (disposing && !leaveOpen)
        {
            input.Dispose();
        }

        base.Dispose(disposing);
    }

    // Opens what was read straight into a buffer that can hold it, else in place for Give.
    private bool TryOpenInto(Span<byte> buffer, int read, out int opened)
    {
        opened = 0;
        if (read < sealedSegment.Length)
        {
            ended = true;
        }

        if (read == 0)
        {
            return true;
        }

        var length = read - Crypt4GhFormat.NonceSize - Crypt4GhFormat.TagSize;
        if (length <= 0)
        {
            throw Crypt4GhFormat.Truncated(segments);
        }

        var direct = buffer.Length >= length;
        var target = direct ? buffer[..length] : sealedSegment.AsSpan(Crypt4GhFormat.NonceSize, length);
        try
        {
            cipher!.Decrypt(
                sealedSegment.AsSpan(0, Crypt4GhFormat.NonceSize),
                sealedSegment.AsSpan(Crypt4GhFormat.NonceSize, length),
                sealedSegment.AsSpan(Crypt4GhFormat.NonceSize + length, Crypt4GhFormat.TagSize),
                target
            );
        }
        catch (AuthenticationTagMismatchException e)
        {
            ended = true;
            throw new ProtocolException("crypt4gh-forged", "A segment was changed, cut or followed by something else.", segments, inner: e);
        }

        segments++;
        if (direct)
        {
            opened = length;
            return true;
        }

        position = Crypt4GhFormat.NonceSize;
        end = position + length;
        return false;
    }

    private int Give(Span<byte> buffer)
    {
        var given = Math.Min(buffer.Length, end - position);
        sealedSegment.AsSpan(position, given).CopyTo(buffer);
        position += given;
        return given;
    }

    private void ReadHeader()
    {
        Fill(Crypt4GhFormat.PreambleSize);
        var packets = Crypt4GhFormat.ReadPreamble(sealedSegment);
        for (var index = 0; index < packets; index++)
        {
            Fill(4);
            var length = Crypt4GhFormat.ReadPacketLength(sealedSegment, index) - 4;
            Fill(length);
            OpenPacket(length, index);
        }

        void Fill(int count)
        {
            if (input.ReadAtLeast(sealedSegment.AsSpan(0, count), count, throwOnEndOfStream: false) < count)
            {
                throw Crypt4GhFormat.Truncated();
            }
        }
    }

    private async ValueTask ReadHeaderAsync(CancellationToken cancellationToken)
    {
        await FillAsync(Crypt4GhFormat.PreambleSize).ConfigureAwait(false);
        var packets = Crypt4GhFormat.ReadPreamble(sealedSegment);
        for (var index = 0; index < packets; index++)
        {
            await FillAsync(4).ConfigureAwait(false);
            var length = Crypt4GhFormat.ReadPacketLength(sealedSegment, index) - 4;
            await FillAsync(length).ConfigureAwait(false);
            OpenPacket(length, index);
        }

        async ValueTask FillAsync(int count)
        {
            var read = await input
                .ReadAtLeastAsync(sealedSegment.AsMemory(0, count), count, throwOnEndOfStream: false, cancellationToken)
                .ConfigureAwait(false);
            if (read < count)
            {
                throw Crypt4GhFormat.Truncated();
            }
        }
    }

    private void OpenPacket(int length, int index)
    {
        Span<byte> dataKey = stackalloc byte[32];
        try
        {
            Crypt4GhFormat.OpenPacket(sealedSegment.AsSpan(0, length), index, key, dataKey);
            cipher = new ChaCha20Poly1305(dataKey);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(dataKey);
        }
    }

    private void Erase()
    {
        cipher?.Dispose();
        ended = true;
        position = end = 0;
        CryptographicOperations.ZeroMemory(sealedSegment);
    }
}
