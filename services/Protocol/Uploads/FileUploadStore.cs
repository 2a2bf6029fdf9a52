using System.Text.Json;
using System.Text.Json.Serialization;
using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Seals;
using HealthDataNode.Protocol.Trust;

namespace HealthDataNode.Protocol.Uploads;

/// <summary>Uploads in a directory that one process writes: <c>ORDER/TYPE-PART.c4gh</c> holds the bytes, a
/// <c>.json</c> beside it the seal and whether it was accepted. The offset is the file's length once it is
/// synced; there is no second counter that a crash could part from it.</summary>
/// <param name="directory">The directory.</param>
public sealed class FileUploadStore(string directory) : IUploadStore
{
    private const int BufferSize = 128 * 1024;

    /// <summary>Where the bytes of an upload lie.</summary>
    /// <param name="key">What it is of.</param>
    public string PathOf(UploadKey key) => Path.Combine(directory, key.Order, $"{key.Type}-{key.Part}.c4gh");

    /// <inheritdoc/>
    public async Task<UploadState> CreateAsync(UploadKey key, SignedDocument<Seal> seal, CancellationToken cancel)
    {
        if (await FindAsync(key, cancel) is { } known)
        {
            return known;
        }

        // The bytes first: a sidecar is what makes an upload, and never stands alone.
        PrivateFile.Write(PathOf(key), []);
        PrivateFile.Write(SidecarOf(key), new Sidecar(seal.Text, false).Write());
        return new UploadState(key, seal.Text, seal.Digest, seal.Payload, 0, false);
    }

    /// <inheritdoc/>
    public Task<UploadState?> FindAsync(UploadKey key, CancellationToken cancel)
    {
        if (Sidecar.Read(SidecarOf(key)) is not { } sidecar || !File.Exists(PathOf(key)))
        {
            return Task.FromResult<UploadState?>(null);
        }

        long offset;
        using (var stream = new FileStream(PathOf(key), FileMode.Open, FileAccess.ReadWrite, FileShare.Read, 0))
        {
            // After a crash the length may be ahead of the disk.
            if (!sidecar.Accepted)
            {
                stream.Flush(flushToDisk: true);
            }

            offset = stream.Length;
        }

        var jws = Jws.Read(sidecar.Seal);
        var seal = DocumentReader.Payload<Seal>(jws);
        return Task.FromResult<UploadState?>(new UploadState(key, sidecar.Seal, jws.Digest, seal, offset, sidecar.Accepted));
    }

    /// <inheritdoc/>
    public async Task<long> AppendAsync(UploadState state, Stream content, CancellationToken cancel)
    {
        await using var stream = new FileStream(
            PathOf(state.Key),
            FileMode.Open,
            FileAccess.Write,
            FileShare.Read,
            0,
            FileOptions.Asynchronous
        );
        if (stream.Length != state.Offset)
        {
            throw new IOException("The upload was changed by somebody else.");
        }

        stream.Seek(0, SeekOrigin.End);
        try
        {
            var buffer = new byte[BufferSize];
            int read;
            while ((read = await content.ReadAsync(buffer, cancel)) > 0)
            {
                if (stream.Position + read > state.Seal.Length)
                {
                    throw new UploadOverflowException();
                }

                // Not to be cancelled: what was read is kept.
                await stream.WriteAsync(buffer.AsMemory(0, read), CancellationToken.None);
            }

            return stream.Position;
        }
        finally
        {
            stream.Flush(flushToDisk: true);
        }
    }

    /// <inheritdoc/>
    public Task<SealedBytes> MeasureAsync(UploadKey key, CancellationToken cancel) => SealedBytes.OfFileAsync(PathOf(key), cancel);

    /// <inheritdoc/>
    public Task AcceptAsync(UploadState state, CancellationToken cancel)
    {
        PrivateFile.Write(SidecarOf(state.Key), new Sidecar(state.SealText, true).Write());
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Stream OpenRead(UploadKey key) =>
        new FileStream(
            PathOf(key),
            FileMode.Open,
            FileAccess.Read,
            FileShare.ReadWrite | FileShare.Delete,
            BufferSize,
            FileOptions.SequentialScan | FileOptions.Asynchronous
        );

    /// <inheritdoc/>
    public Task DeleteAsync(UploadKey key, CancellationToken cancel)
    {
        if (Directory.Exists(Path.Combine(directory, key.Order)))
        {
            File.Delete(SidecarOf(key));
            File.Delete(PathOf(key));
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task DeleteOrderAsync(string order, CancellationToken cancel)
    {
        var folder = Path.Combine(directory, new UploadKey(order, SealTypes.Rows, 1).Order);
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }

        return Task.CompletedTask;
    }

    private string SidecarOf(UploadKey key) => Path.ChangeExtension(PathOf(key), ".json");
}

/// <summary>What a store keeps beside the bytes.</summary>
/// <param name="Seal">The seal JWS.</param>
/// <param name="Accepted">Whether the upload was accepted.</param>
internal sealed record Sidecar(string Seal, bool Accepted)
{
    public static Sidecar? Read(string path)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(path), SidecarJson.Default.Sidecar);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    public string Write() => JsonSerializer.Serialize(this, SidecarJson.Default.Sidecar);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(Sidecar))]
internal sealed partial class SidecarJson : JsonSerializerContext;
