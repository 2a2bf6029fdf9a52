using System.Security.Cryptography;

namespace HealthDataNode.Protocol.Crypt4Gh;

/// <summary>
/// Writes a Crypt4GH file to one recipient: a writer key and a data key made for this file and forgotten with it, no
/// edit list. Disposing it writes the last segment, so dispose it before its output is used. Needs one buffer of
/// 64 KiB whatever the file's size. Not safe for several threads.
/// </summary>
public sealed class Crypt4GhWriter : Stream
{
    private readonly Stream output;
    private readonly bool leaveOpen;
    private readonly ChaCha20Poly1305 cipher;
    private readonly INonces nonces;
    private readonly byte[] segment = new byte[Crypt4GhFormat.SealedSegmentSize];
    private byte[]? header = new byte[Crypt4GhFormat.HeaderSize];
    private int filled;
    private bool completed;

    /// <summary>Starts a file to <paramref name="recipientPublicKey"/>; nothing is written yet.</summary>
    /// <param name="output">Receives the file. Only the kind of write that the caller does (sync or async) is used.</param>
    /// <param name="recipientPublicKey">The recipient's raw X25519 public key, 32 bytes.</param>
    /// <param name="leaveOpen">Whether <paramref name="output"/> stays open at the end.</param>
    /// <exception cref="ProtocolException"><c>public-key-unusable</c>.</exception>
    public Crypt4GhWriter(Stream output, ReadOnlyMemory<byte> recipientPublicKey, bool leaveOpen = false)
    {
        this.output = output;
        this.leaveOpen = leaveOpen;
        nonces = RandomNonces.Instance;
        Span<byte> dataKey = stackalloc byte[32];
        RandomNumberGenerator.Fill(dataKey);
        using var writer = EncryptionKey.Generate();
        cipher = Start(writer, recipientPublicKey.Span, dataKey);
    }

    /// <summary>For vectors alone: everything that is random otherwise is given.</summary>
    internal Crypt4GhWriter(
        Stream output,
        ReadOnlyMemory<byte> recipientPublicKey,
        EncryptionKey writer,
        ReadOnlySpan<byte> dataKey,
        INonces nonces
    )
    {
        this.output = output;
        this.nonces = nonces;
        leaveOpen = true;
        Span<byte> copy = stackalloc byte[32];
        dataKey.CopyTo(copy);
        cipher = Start(writer, recipientPublicKey.Span, copy);
    }

    /// <summary>Where nonces come from: at random, or given in a vector.</summary>
    internal interface INonces
    {
        void Fill(Span<byte> nonce);
    }

    /// <inheritdoc/>
    public override bool CanRead => false;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => !completed;

    /// <summary>Not supported.</summary>
    public override long Length => throw new NotSupportedException();

    /// <summary>Not supported.</summary>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Bytes of the Crypt4GH file for so many bytes of content.</summary>
    public static long SealedLength(long contentLength)
    {
        var segments = (contentLength + Crypt4GhFormat.SegmentSize - 1) / Crypt4GhFormat.SegmentSize;
        return Crypt4GhFormat.HeaderSize + contentLength + segments * (Crypt4GhFormat.NonceSize + Crypt4GhFormat.TagSize);
    }

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        ObjectDisposedException.ThrowIf(completed, this);
        while (!buffer.IsEmpty)
        {
            if (Take(ref buffer))
            {
                WriteHeader();
                output.Write(segment);
            }
        }
    }

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(completed, this);
        while (!buffer.IsEmpty)
        {
            var rest = buffer.Span;
            var full = Take(ref rest);
            buffer = buffer[^rest.Length..];
            if (full)
            {
                await WriteHeaderAsync(cancellationToken).ConfigureAwait(false);
                await output.WriteAsync(segment, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <inheritdoc/>
    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <summary>Passes on what is sealed; a segment that is not full waits, since only the last may be short.</summary>
    public override void Flush() => output.Flush();

    /// <summary>As <see cref="Flush"/>.</summary>
    public override Task FlushAsync(CancellationToken cancellationToken) => output.FlushAsync(cancellationToken);

    /// <summary>Not supported.</summary>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <summary>Not supported.</summary>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <summary>Not supported.</summary>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <summary>Writes the last segment and ends the file; further writes are refused. Safe to repeat.</summary>
    public async ValueTask CompleteAsync(CancellationToken cancellationToken = default)
    {
        if (!completed)
        {
            completed = true;
            await WriteHeaderAsync(cancellationToken).ConfigureAwait(false);
            await output.WriteAsync(SealLast(), cancellationToken).ConfigureAwait(false);
            await output.FlushAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>As <see cref="CompleteAsync"/>.</summary>
    public void Complete()
    {
        if (!completed)
        {
            completed = true;
            WriteHeader();
            output.Write(SealLast().Span);
            output.Flush();
        }
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        try
        {
            await CompleteAsync().ConfigureAwait(false);
        }
        finally
        {
            Erase();
            if (!leaveOpen)
            {
                await output.DisposeAsync().ConfigureAwait(false);
            }

            await base.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        try
        {
            if (disposing)
            {
                Complete();
            }
        }
        finally
        {
            Erase();
            if (disposing && !leaveOpen)
            {
                output.Dispose();
            }

            base.Dispose(disposing);
        }
    }

    private ChaCha20Poly1305 Start(EncryptionKey writer, ReadOnlySpan<byte> recipient, Span<byte> dataKey)
    {
        try
        {
            Span<byte> nonce = stackalloc byte[Crypt4GhFormat.NonceSize];
            nonces.Fill(nonce);
            Crypt4GhFormat.WriteHeader(header, writer, recipient, nonce, dataKey);
            return new ChaCha20Poly1305(dataKey);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(dataKey);
        }
    }

    // Moves bytes into the segment and seals it when it is full; from a large buffer without copying first.
    private bool Take(ref ReadOnlySpan<byte> buffer)
    {
        if (filled == 0 && buffer.Length >= Crypt4GhFormat.SegmentSize)
        {
            Seal(buffer[..Crypt4GhFormat.SegmentSize]);
            buffer = buffer[Crypt4GhFormat.SegmentSize..];
            return true;
        }

        var taken = Math.Min(buffer.Length, Crypt4GhFormat.SegmentSize - filled);
        buffer[..taken].CopyTo(segment.AsSpan(Crypt4GhFormat.NonceSize + filled));
        buffer = buffer[taken..];
        filled += taken;
        if (filled < Crypt4GhFormat.SegmentSize)
        {
            return false;
        }

        Seal(segment.AsSpan(Crypt4GhFormat.NonceSize, filled));
        filled = 0;
        return true;
    }

    private void Seal(ReadOnlySpan<byte> content)
    {
        var nonce = segment.AsSpan(0, Crypt4GhFormat.NonceSize);
        nonces.Fill(nonce);
        var end = Crypt4GhFormat.NonceSize + content.Length;
        cipher.Encrypt(
            nonce,
            content,
            segment.AsSpan(Crypt4GhFormat.NonceSize, content.Length),
            segment.AsSpan(end, Crypt4GhFormat.TagSize)
        );
    }

    private ReadOnlyMemory<byte> SealLast()
    {
        if (filled == 0)
        {
            return default;
        }

        Seal(segment.AsSpan(Crypt4GhFormat.NonceSize, filled));
        return segment.AsMemory(0, Crypt4GhFormat.NonceSize + filled + Crypt4GhFormat.TagSize);
    }

    private void WriteHeader()
    {
        if (header is not null)
        {
            output.Write(header);
            header = null;
        }
    }

    private async ValueTask WriteHeaderAsync(CancellationToken cancellationToken)
    {
        if (header is not null)
        {
            await output.WriteAsync(header, cancellationToken).ConfigureAwait(false);
            header = null;
        }
    }

    private void Erase()
    {
        cipher.Dispose();
        CryptographicOperations.ZeroMemory(segment);
    }

    private sealed class RandomNonces : INonces
    {
        public static readonly RandomNonces Instance = new();

        public void Fill(Span<byte> nonce) => RandomNumberGenerator.Fill(nonce);
    }
}
