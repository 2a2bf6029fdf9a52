using System.Security.Cryptography;
using System.Text.Json;
using HealthDataNode.Protocol.Documents;

namespace HealthDataNode.Protocol.Trust;

/// <summary>The steps that every verification has, whatever key it is made with.</summary>
internal static class DocumentReader
{
    public static Jws Read<T>(string text)
        where T : class, IDocument<T>
    {
        var jws = Jws.Read(text);
        return jws.Typ == T.Typ ? jws : throw new DocumentRefusedException(Refusal.WrongType, $"The document is not of type {T.Typ}.");
    }

    public static SignedDocument<T> Open<T>(Jws jws, ECDsa key)
        where T : class, IDocument<T>
    {
        if (!jws.Verifies(key))
        {
            throw new DocumentRefusedException(Refusal.Signature, $"The signature of the {T.Typ} is not by the key that it names.");
        }

        return new SignedDocument<T>(jws.Text, jws.Digest, Payload<T>(jws), jws.Kid);
    }

    /// <summary>Reads a payload before its signature was checked: only to find the key that it is checked with.</summary>
    public static T Payload<T>(Jws jws)
        where T : class, IDocument<T>
    {
        T? payload;
        try
        {
            payload = JsonSerializer.Deserialize(jws.Payload.Span, T.Json);
        }
        catch (Exception e) when (e is JsonException or NotSupportedException)
        {
            // The serialiser's own text can quote what it read.
            throw new DocumentRefusedException(Refusal.Malformed, $"The payload of the {T.Typ} has not exactly the members of its kind.");
        }

        if (payload is null)
        {
            throw new DocumentRefusedException(Refusal.Malformed, $"The payload of the {T.Typ} is null.");
        }

        return payload.Fault() is { } fault
            ? throw new DocumentRefusedException(Refusal.Invalid, $"The {T.Typ} breaks a rule of its kind: {fault}.")
            : payload;
    }
}
