using System.Text.Json;
using HealthDataNode.Protocol.Trust;

namespace HealthDataNode.ReferenceSpe.Ingress;

/// <summary>What Gateway says when all parts are here.</summary>
/// <param name="Permit">The permit JWS.</param>
/// <param name="Order">The order JWS.</param>
/// <param name="Manifest">The manifest JWS.</param>
/// <param name="DeliveryKey">The delivery key, sealed to this SPE.</param>
internal sealed record Announcement(string Permit, string Order, string Manifest, DeliveryKeyBox DeliveryKey)
{
    private const string FileName = "announcement.json";

    /// <summary>Keeps it beside the parts; it goes when they go, the sealed key with it.</summary>
    public void Write(string folder) => PrivateFile.Write(Path.Combine(folder, FileName), JsonSerializer.SerializeToUtf8Bytes(this));

    /// <summary>Null where the parts are gone already.</summary>
    public static Announcement? Read(string folder) =>
        Path.Combine(folder, FileName) is var path && File.Exists(path)
            ? JsonSerializer.Deserialize<Announcement>(File.ReadAllBytes(path))
            : null;
}

/// <summary>The delivery key as Pseudonymisation sealed it.</summary>
/// <param name="Seal">The seal JWS.</param>
/// <param name="Box">The Crypt4GH bytes, base64.</param>
internal sealed record DeliveryKeyBox(string Seal, byte[] Box);
