using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using CsCheck;
using HealthDataNode.Protocol;
using HealthDataNode.Protocol.Crypt4Gh;

namespace HealthDataNode.Services.Tests.Protocol;

public sealed class Sealing_with_Crypt4GH : IDisposable
{
    private const int Segment = 65_536;
    private const int SealedSegment = 12 + Segment + 16;
    private const int Header = 124;

    private readonly EncryptionKey key = EncryptionKey.Generate();

    private static JsonElement Vector => Vectors.Json("crypt4gh.json");

    public void Dispose() => key.Dispose();

    [Fact]
    public void Writes_the_vectors_byte_for_byte()
    {
        foreach (var vector in Vector.List("cases"))
        {
            var file = new MemoryStream();
            using (var writer = EncryptionKey.FromBytes(Vector.Hex("writerPrivateKey")))
            using (
                var crypt4gh = new Crypt4GhWriter(
                    file,
                    Vector.Hex("recipientPublicKey"),
                    writer,
                    Vector.Hex("dataKey"),
                    new CountedNonces()
                )
            )
            {
                crypt4gh.Write(Content(vector));
            }

            Assert.Equal(vector.GetProperty("length").GetInt64(), file.Length);
            Assert.Equal(vector.Text("sha256"), Convert.ToHexStringLower(SHA256.HashData(file.ToArray())));
            if (vector.TryGetProperty("file", out var expected))
            {
                Assert.Equal(expected.GetString(), Convert.ToBase64String(file.ToArray()));
                using var recipient = EncryptionKey.FromBytes(Vector.Hex("recipientPrivateKey"));
                Assert.Equal(Content(vector), Crypt4GhFile.Open(expected.GetBytesFromBase64(), recipient));
            }
        }
    }

    [Fact]
    public async Task Refuses_what_the_vectors_refuse_both_ways_of_reading()
    {
        using var recipient = EncryptionKey.FromBytes(Vector.Hex("recipientPrivateKey"));
        foreach (var vector in Vector.List("refused"))
        {
            var file = vector.GetProperty("file").GetBytesFromBase64();
            var refusal = Assert.Throws<ProtocolException>(() => Crypt4GhFile.Open(file, recipient));
            Assert.Equal((vector.Text("name"), vector.Text("code")), (vector.Text("name"), refusal.Code));
            await using var reader = new Crypt4GhReader(new MemoryStream(file), recipient);
            refusal = await Assert.ThrowsAsync<ProtocolException>(() =>
                reader.CopyToAsync(Stream.Null, TestContext.Current.CancellationToken)
            );
            Assert.Equal((vector.Text("name"), vector.Text("code")), (vector.Text("name"), refusal.Code));
        }
    }

    [Fact]
    public void Reads_back_what_it_wrote_in_chunks_of_any_size() =>
        Gen.Select(Around, Gen.Int[1, 100_000], Gen.Int[1, 100_000])
            .Sample(
                (length, writeChunk, readChunk) =>
                {
                    var content = Pattern(length);
                    var file = new MemoryStream();
                    using (var writer = new Crypt4GhWriter(file, key.PublicKey, leaveOpen: true))
                    {
                        foreach (var chunk in content.Chunk(writeChunk))
                        {
                            writer.Write(chunk);
                        }
                    }

                    file.Position = 0;
                    using var reader = new Crypt4GhReader(file, key);
                    var opened = new MemoryStream();
                    reader.CopyTo(opened, readChunk);
                    return opened.ToArray().AsSpan().SequenceEqual(content) && Crypt4GhWriter.SealedLength(length) == file.ToArray().Length;
                },
                iter: 60
            );

    [Fact]
    public async Task Reads_back_what_it_wrote_asynchronously() =>
        await Gen.Select(Around, Gen.Int[1, 100_000])
            .SampleAsync(
                async (length, chunkSize) =>
                {
                    var content = Pattern(length);
                    var file = new MemoryStream();
                    await using (var writer = new Crypt4GhWriter(new AsynchronousOnly(file), key.PublicKey, leaveOpen: true))
                    {
                        foreach (var chunk in content.Chunk(chunkSize))
                        {
                            await writer.WriteAsync(chunk);
                        }
                    }

                    file.Position = 0;
                    await using var reader = new Crypt4GhReader(new AsynchronousOnly(file), key);
                    var opened = new MemoryStream();
                    await reader.CopyToAsync(opened, chunkSize);
                    return opened.ToArray().AsSpan().SequenceEqual(content);
                },
                iter: 30
            );

    [Fact]
    public void Never_opens_a_file_with_one_changed_bit()
    {
        var file = Crypt4GhFile.Seal(Pattern(1000), key.PublicKey);
        Gen.Select(Gen.Int[0, file.Length - 1], Gen.Int[0, 7])
            .Sample(
                (at, bit) =>
                {
                    var changed = (byte[])file.Clone();
                    changed[at] ^= (byte)(1 << bit);
                    // X25519 ignores the highest bit of a public key, but its hash does not.
                    Assert.Throws<ProtocolException>(() => Crypt4GhFile.Open(changed, key));
                }
            );
    }

    [Fact]
    public void Never_opens_for_another_key()
    {
        using var another = EncryptionKey.Generate();
        var refusal = Assert.Throws<ProtocolException>(() => Crypt4GhFile.Open(Crypt4GhFile.Seal("x"u8, key.PublicKey), another));
        Assert.Equal("crypt4gh-not-for-this-key", refusal.Code);
    }

    [Fact]
    public void Uses_other_keys_and_nonces_for_every_file()
    {
        var first = Crypt4GhFile.Seal("x"u8, key.PublicKey);
        var second = Crypt4GhFile.Seal("x"u8, key.PublicKey);
        Assert.NotEqual(first[24..56], second[24..56]); // writer's public key
        Assert.NotEqual(first[Header..(Header + 12)], second[Header..(Header + 12)]);
    }

    [Fact]
    public void Sees_a_cut_within_a_segment()
    {
        var file = Crypt4GhFile.Seal(Pattern(Segment + 500), key.PublicKey);
        Gen.Int[1, file.Length - 1]
            .Where(length => length != Header && length != Header + SealedSegment)
            .Sample(length => Assert.Throws<ProtocolException>(() => Crypt4GhFile.Open(file[..length], key)), iter: 50);
    }

    // What the format cannot see, the seal does: its length and SHA-256 are those of the whole file.
    [Theory]
    [InlineData("cut")]
    [InlineData("reordered")]
    [InlineData("doubled")]
    public void Leaves_whole_segments_cut_reordered_or_doubled_to_the_seal(string how)
    {
        var file = Crypt4GhFile.Seal(Pattern(2 * Segment), key.PublicKey);
        var header = file[..Header];
        var first = file[Header..(Header + SealedSegment)];
        var second = file[(Header + SealedSegment)..];
        byte[] changed = how switch
        {
            "cut" => [.. header, .. first],
            "reordered" => [.. header, .. second, .. first],
            _ => [.. header, .. first, .. first, .. second],
        };

        Assert.NotEqual(Pattern(2 * Segment), Crypt4GhFile.Open(changed, key));
        Assert.NotEqual(Hash(file), Hash(changed));

        static (long, string) Hash(byte[] file)
        {
            using var hashing = new HashingStream(new MemoryStream(file));
            hashing.CopyTo(Stream.Null);
            return (hashing.Length, hashing.Sha256Hex);
        }
    }

    [Fact]
    public void Tells_length_and_hash_of_what_passed_through_in_either_direction()
    {
        var file = new MemoryStream();
        using var written = new HashingStream(file, leaveOpen: true);
        using (var writer = new Crypt4GhWriter(written, key.PublicKey, leaveOpen: true))
        {
            writer.Write(Pattern(Segment + 1));
        }

        Assert.Equal(file.Length, written.Length);
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(file.ToArray())), written.Sha256Hex);
        file.Position = 0;
        using var read = new HashingStream(file);
        using var reader = new Crypt4GhReader(read, key);
        reader.CopyTo(Stream.Null);
        Assert.Equal((written.Length, written.Sha256Hex), (read.Length, read.Sha256Hex));
    }

    [Fact]
    public void Needs_no_memory_for_a_longer_file()
    {
        var chunk = new byte[50_000];
        var before = GC.GetAllocatedBytesForCurrentThread();
        using (var writer = new Crypt4GhWriter(Stream.Null, key.PublicKey))
        {
            for (var i = 0; i < 1000; i++)
            {
                writer.Write(chunk);
            }
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 200_000);
    }

    [Fact]
    public void Refuses_to_write_after_the_end()
    {
        var writer = new Crypt4GhWriter(new MemoryStream(), key.PublicKey);
        writer.Complete();
        Assert.False(writer.CanWrite);
        Assert.Throws<ObjectDisposedException>(() => writer.Write("x"u8));
        writer.Dispose();
        writer.Dispose();
    }

    [Fact]
    public void Keeps_a_private_key_out_of_print_and_in_one_text_form()
    {
        using var again = EncryptionKey.FromBase64(key.ToBase64() + "\n");
        Assert.Equal(key.PublicKey, again.PublicKey);
        Assert.Equal("***", key.ToString());
        using var fixedKey = EncryptionKey.FromBytes(Vector.Hex("recipientPrivateKey"));
        Assert.Equal(Vector.Hex("recipientPublicKey"), fixedKey.PublicKey);
    }

    [Theory]
    [InlineData("")]
    [InlineData("AAAA")]
    [InlineData("not base64 at all, is it?")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public void Refuses_a_malformed_private_key(string text) =>
        Assert.Equal("encryption-key-malformed", Assert.Throws<ProtocolException>(() => EncryptionKey.FromBase64(text)).Code);

    [Fact]
    public void Refuses_a_recipient_whose_secret_everybody_knows()
    {
        foreach (var bad in (byte[][])[new byte[32], [1, .. new byte[31]], new byte[31], []])
        {
            var refusal = Assert.Throws<ProtocolException>(() => Crypt4GhFile.Seal("x"u8, bad));
            Assert.Equal("public-key-unusable", refusal.Code);
        }
    }

    private static Gen<int> Around =>
        Gen.OneOf(
            Gen.Int[0, 2000],
            Gen.Int[Segment - 30, Segment + 30],
            Gen.Int[2 * Segment - 30, 2 * Segment + 30],
            Gen.Int[0, 4 * Segment]
        );

    private static byte[] Pattern(int length)
    {
        var content = new byte[length];
        for (var i = 0; i < length; i++)
        {
            content[i] = (byte)(i % 251);
        }

        return content;
    }

    private static byte[] Content(JsonElement vector) =>
        vector.GetProperty("content").TryGetProperty("text", out var text)
            ? Encoding.UTF8.GetBytes(text.GetString()!)
            : Pattern(vector.GetProperty("content").GetProperty("pattern").GetInt32());

    private sealed class CountedNonces : Crypt4GhWriter.INonces
    {
        private uint next;

        public void Fill(Span<byte> nonce)
        {
            nonce.Clear();
            System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(nonce[8..], next++);
        }
    }

    // As the bodies of ASP.NET Core are.
    private sealed class AsynchronousOnly(Stream inner) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            inner.ReadAsync(buffer, cancellationToken);

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
            inner.WriteAsync(buffer, cancellationToken);

        public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public override void Flush() => throw new NotSupportedException();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
