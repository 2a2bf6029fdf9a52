using System.Text.Json;

namespace HealthDataNode.Protocol.Documents;

/// <summary>A document that its reader signed, or verified when it came, and has kept where nobody else writes.</summary>
public static class KeptDocument
{
    /// <summary>
    /// Reads it and judges nothing again. A key's statement is asked for on the day on which a document comes: what it signed
    /// stands when the key has been replaced and its statement has ended since.
    /// </summary>
    /// <typeparam name="T">The kind of document.</typeparam>
    /// <param name="text">The compact JWS.</param>
    public static SignedDocument<T> Read<T>(string text)
        where T : class, IDocument<T>
    {
        var jws = Jws.Read(text);
        return new SignedDocument<T>(jws.Text, jws.Digest, JsonSerializer.Deserialize(jws.Payload.Span, T.Json)!, jws.Kid);
    }
}
