using System.Text;
using HealthDataNode.Protocol.Documents;

namespace HealthDataNode.Gateway.Features;

/// <summary>A signed document as the whole body of a request.</summary>
internal static class JoseBody
{
    public const string MediaType = "application/jose";

    /// <summary>The text; what is too long to be one is cut, and then refused by whoever reads it.</summary>
    public static async Task<string> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        using var reader = new StreamReader(request.Body, Encoding.ASCII);
        var buffer = new char[Jws.MaximumLength + 1];
        var read = await reader.ReadBlockAsync(buffer, cancellationToken);
        return new string(buffer, 0, read).Trim();
    }
}
