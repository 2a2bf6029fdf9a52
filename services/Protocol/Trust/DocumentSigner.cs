using System.Globalization;
using HealthDataNode.Protocol.Documents;

namespace HealthDataNode.Protocol.Trust;

/// <summary>A party's signing key under its name.</summary>
public sealed class DocumentSigner : IDisposable
{
    private readonly SigningKey key;

    /// <summary>Signs with a key under a name.</summary>
    /// <param name="key">The key, disposed with this signer.</param>
    /// <param name="party">The party.</param>
    /// <param name="use">The use of the key's statement.</param>
    /// <param name="sequence">The sequence of the key's statement.</param>
    public DocumentSigner(SigningKey key, string party, string use, int sequence = 1)
    {
        this.key = key;
        Party = party;
        Sequence = sequence;
        Kid = KeyStatement.KidOf(party, sequence, use);
    }

    /// <summary>The party.</summary>
    public string Party { get; }

    /// <summary>The key's sequence.</summary>
    public int Sequence { get; }

    /// <summary>The name of the key in the header of what it signs.</summary>
    public string Kid { get; }

    /// <summary>The public half.</summary>
    public PublicJwk PublicKey => key.PublicKey;

    /// <summary>The newest key of a party: <c>sign-N.pem</c> with the highest N.</summary>
    /// <param name="directory">The party's key directory (<c>Party:Keys</c>).</param>
    /// <param name="party">The party (<c>Party:Id</c>).</param>
    /// <param name="use">The use of its statement, one of <see cref="KeyUses"/>.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public static DocumentSigner Load(string directory, string party, string use)
    {
        var sequence = Directory.Exists(directory)
            ? Directory.EnumerateFiles(directory, "sign-*.pem").Select(SequenceOf).DefaultIfEmpty(0).Max()
            : 0;
        return sequence > 0
            ? new DocumentSigner(SigningKey.Load(PathOf(directory, sequence)), party, use, sequence)
            : throw new FileNotFoundException($"No signing key in {directory}; run Setup, which makes sign-1.pem there.");
    }

    /// <summary>Where a party keeps its signing key.</summary>
    /// <param name="directory">The party's key directory.</param>
    /// <param name="sequence">The key's sequence.</param>
    public static string PathOf(string directory, int sequence) => Path.Combine(directory, $"sign-{sequence}.pem");

    /// <summary>Signs a document.</summary>
    /// <typeparam name="T">The kind of document.</typeparam>
    /// <param name="payload">What it says.</param>
    public SignedDocument<T> Sign<T>(T payload)
        where T : class, IDocument<T> => key.Sign(payload, Kid);

    /// <summary>The name of the key, never the key.</summary>
    public override string ToString() => Kid;

    /// <inheritdoc/>
    public void Dispose() => key.Dispose();

    private static int SequenceOf(string path)
    {
        var name = Path.GetFileNameWithoutExtension(path)["sign-".Length..];
        return int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
    }
}
