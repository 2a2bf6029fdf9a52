namespace HealthDataNode.Protocol.Documents;

/// <summary>A document that was signed here or whose signature was verified.</summary>
/// <typeparam name="T">The payload's type.</typeparam>
/// <param name="Text">The compact JWS.</param>
/// <param name="Digest">Lower-case hex SHA-256 of its signing input.</param>
/// <param name="Payload">What it says.</param>
/// <param name="Kid">The key that signed it: party, sequence and use with colons between; or root.</param>
public sealed record SignedDocument<T>(string Text, string Digest, T Payload, string Kid)
    where T : class, IDocument<T>
{
    /// <summary>The party whose key signed it.</summary>
    public string Party => Kid.Split(':')[0];

    /// <summary>The kind and digest only: a document's content does not go into a log.</summary>
    public override string ToString() => $"{T.Typ} {Digest}";
}
