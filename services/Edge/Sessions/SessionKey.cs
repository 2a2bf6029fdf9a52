using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace HealthDataNode.Edge.Sessions;

/// <summary>The random text inside the cookie; the database knows its hash alone.</summary>
internal static class SessionKey
{
    public static string Create() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));

    public static byte[] Hash(string key) => SHA256.HashData(Encoding.UTF8.GetBytes(key));
}
