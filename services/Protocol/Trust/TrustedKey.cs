using System.Security.Cryptography;
using HealthDataNode.Protocol.Documents;

namespace HealthDataNode.Protocol.Trust;

/// <summary>A key that the root has stated.</summary>
public sealed class TrustedKey
{
    internal TrustedKey(KeyStatement statement, bool isEndorsed)
    {
        Statement = statement;
        IsEndorsed = isEndorsed;
        Thumbprint = statement.Key.Thumbprint;
        Verifier = statement.Key.IsSigning ? statement.Key.ToEcdsa() : null;
    }

    /// <summary>What the root says.</summary>
    public KeyStatement Statement { get; }

    /// <summary>Whether the party's key before this one has signed for it.</summary>
    public bool IsEndorsed { get; }

    /// <summary>RFC 7638 thumbprint.</summary>
    public string Thumbprint { get; }

    internal ECDsa? Verifier { get; }

    /// <summary>Whether the statement is inside its dates.</summary>
    /// <param name="at">The moment.</param>
    public bool IsInForce(DateTimeOffset at) => Statement.From <= at.ToUnixTimeSeconds() && at.ToUnixTimeSeconds() < Statement.To;
}
