using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Serialization.Metadata;

namespace HealthDataNode.Protocol.Documents;

/// <summary>An SPE says what left a room, which rules it had passed and who said yes (EHDS Article 73(2)).</summary>
public sealed record Release : IDocument<Release>
{
    /// <summary>So many people say yes before anything leaves.</summary>
    public const int VotesNeeded = 2;

    /// <summary>So many files are in one record.</summary>
    public const int MostFiles = 100;

    /// <inheritdoc/>
    public static string Typ => "release+jwt";

    /// <inheritdoc/>
    public static JsonTypeInfo<Release> Json => DocumentJson.Default.Release;

    /// <summary>The lineage, which names the room too.</summary>
    public required string Lineage { get; init; }

    /// <summary>Digest of the newest version of the permit that the SPE held.</summary>
    public required string Permit { get; init; }

    /// <summary>The SPE's party id.</summary>
    public required string Spe { get; init; }

    /// <summary>The SPE's id of the output request: the same id again is the same release.</summary>
    public required string Request { get; init; }

    /// <summary>What the results are for, in the requester's words.</summary>
    public required string Purpose { get; init; }

    /// <summary><see cref="DigestOf"/> the files: what every vote was over.</summary>
    public required string Digest { get; init; }

    /// <summary>The files, in the order of the request.</summary>
    public required IReadOnlyList<ReleasedFile> Files { get; init; }

    /// <summary>The automatic rules, and how each ended.</summary>
    public required IReadOnlyList<ReleaseRule> Rules { get; init; }

    /// <summary>Who said yes; never the requester, nor anybody in the permit.</summary>
    public required IReadOnlyList<ReleaseVote> Votes { get; init; }

    /// <summary>Released at, Unix seconds.</summary>
    public required long At { get; init; }

    string IDocument<Release>.Use => KeyUses.Spe;

    string? IDocument<Release>.Issuer => Spe;

    /// <summary>One digest over several files: SHA-256 over a line for each, <c>name type length sha256</c> with single
    /// spaces and a line feed, in lower-case hex.</summary>
    /// <param name="files">The files, in order.</param>
    public static string DigestOf(IReadOnlyList<ReleasedFile> files)
    {
        var lines = new StringBuilder();
        foreach (var file in files)
        {
            lines.Append(CultureInfo.InvariantCulture, $"{file.Name} {file.Type} {file.Length} {file.Sha256}\n");
        }

        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(lines.ToString())));
    }

    /// <inheritdoc/>
    public string? Fault() =>
        Rule.Broken(
            (Rule.IsId(Lineage) && Rule.IsId(Request), "lineage or request is not an id"),
            (Rule.IsDigest(Permit), "permit is not a digest"),
            (Rule.IsParty(Spe), "spe is not a party id"),
            (Rule.IsText(Purpose, 4000), "purpose is empty or too long"),
            (Files.Count is > 0 and <= MostFiles && Files.All(f => f is not null && f.IsSound()), "a file is not sound"),
            (Rule.AreUnique(Files.Select(f => f?.Name)), "files names a file twice"),
            (Rules.Count > 0 && Rules.All(r => r is not null && r.IsSound()), "a rule is not sound"),
            (Rule.AreUnique(Rules.Select(r => r?.Rule)), "rules names a rule twice"),
            (Votes.Count >= VotesNeeded && Votes.All(v => v is not null && v.IsSound(At)), "votes are not two that say yes"),
            (Rule.AreUnique(Votes.Select(v => v?.Sub)), "votes has somebody twice"),
            (Rule.IsTime(At), "at is out of range")
        ) ?? (Digest == DigestOf(Files) ? null : "digest is not that of the files");
}

/// <summary>One file that left a room.</summary>
/// <param name="Name">Its name, an id.</param>
/// <param name="Type">What it is, as its content was checked: <c>csv</c>, <c>png</c>, <c>jpeg</c>.</param>
/// <param name="Length">Its bytes.</param>
/// <param name="Sha256">Its SHA-256, lower-case hex.</param>
public sealed record ReleasedFile(string Name, string Type, long Length, string Sha256)
{
    internal bool IsSound() => Rule.IsId(Name) && Rule.IsName(Type) && Length >= 1 && Rule.IsDigest(Sha256);
}

/// <summary>How an automatic rule ended for all files of a release.</summary>
/// <param name="Rule">The rule's name, kebab-case.</param>
/// <param name="Outcome"><see cref="Passed"/>, or <see cref="NotApplicable"/> where no file is of its kind.</param>
public sealed record ReleaseRule(string Rule, string Outcome)
{
    /// <summary>Looked, and found nothing.</summary>
    public const string Passed = "passed";

    /// <summary>No file is of a kind that the rule is about.</summary>
    public const string NotApplicable = "not-applicable";

    internal bool IsSound() => Documents.Rule.IsParty(Rule) && Outcome is Passed or NotApplicable;
}

/// <summary>One output checker's vote.</summary>
/// <param name="Sub">Whose: the opaque <c>sub</c>.</param>
/// <param name="Vote"><see cref="Approve"/>: what one of them rejects is not released.</param>
/// <param name="At">Voted at, Unix seconds.</param>
public sealed record ReleaseVote(string Sub, string Vote, long At)
{
    /// <summary>It may leave.</summary>
    public const string Approve = "approve";

    /// <summary>It may not.</summary>
    public const string Reject = "reject";

    internal bool IsSound(long released) => Rule.IsText(Sub, 200) && Vote == Approve && Rule.IsTime(At) && At <= released;
}
