using System.Security.Cryptography;
using Microsoft.IdentityModel.Tokens;

namespace HealthDataNode.DevelopmentIssuer.Keys;

/// <summary>The issuer's own keys, as files that only its user may read: made once, kept over restarts.</summary>
internal static class IssuerKeys
{
    /// <summary>How long a new signing key is in the JWKS before it signs.</summary>
    public static readonly TimeSpan Published = TimeSpan.FromMinutes(10);

    /// <summary>Makes the first signing key where there is none.</summary>
    public static void EnsureSigning(string directory) =>
        ReadOrCreate(Path.Combine(directory, "signing-1.pem"), () => ECDsa.Create(ECCurve.NamedCurves.nistP256).ExportPkcs8PrivateKeyPem());

    /// <summary>Reads a key that signs tokens (ES256). Its <c>kid</c> is the RFC 7638 thumbprint.</summary>
    public static ECDsaSecurityKey Signing(string path)
    {
        var key = ECDsa.Create();
        key.ImportFromPem(File.ReadAllText(path));
        var security = new ECDsaSecurityKey(key);
        security.KeyId = Base64UrlEncoder.Encode(security.ComputeJwkThumbprint());
        return security;
    }

    /// <summary>Encrypts what only this issuer reads again: codes, pushed requests, refresh tokens.</summary>
    public static SymmetricSecurityKey Encryption(string directory) =>
        new(
            Convert.FromBase64String(
                ReadOrCreate(Path.Combine(directory, "encryption-1.key"), () => Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)))
            )
        );

    private static string ReadOrCreate(string path, Func<string> create)
    {
        if (!File.Exists(path))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            var draft = path + ".new";
            var options = new FileStreamOptions
            {
                Mode = FileMode.Create,
                Access = FileAccess.Write,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            };
            using (var writer = new StreamWriter(draft, options))
            {
                writer.Write(create());
            }

            // A crash in the middle leaves a draft and never half a key.
            File.Move(draft, path);
        }

        return File.ReadAllText(path);
    }
}
