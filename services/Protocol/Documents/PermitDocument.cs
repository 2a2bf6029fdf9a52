using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using HealthDataNode.Protocol.Rows;

namespace HealthDataNode.Protocol.Documents;

/// <summary>A permit (EHDS Article 68): who may use which variables of which sources, where and how long.</summary>
public sealed record PermitDocument : IDocument<PermitDocument>
{
    /// <summary>The one format of this version: persons appear under pseudonyms (EHDS Article 66).</summary>
    public const string Pseudonymised = "pseudonymised";

    /// <inheritdoc/>
    public static string Typ => "permit+jwt";

    /// <inheritdoc/>
    public static JsonTypeInfo<PermitDocument> Json => DocumentJson.Default.PermitDocument;

    /// <summary>The permit's id.</summary>
    public required string Id { get; init; }

    /// <summary>The permit with its amendments and renewals; the name of the workspace too.</summary>
    public required string Lineage { get; init; }

    /// <summary>Whether a text has the form of a lineage.</summary>
    /// <param name="text">What somebody sent.</param>
    public static bool IsLineage(string? text) => Rule.IsId(text);

    /// <summary>From 1 within the lineage.</summary>
    public required int Version { get; init; }

    /// <summary>Digest of the version before; null in version 1 only.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public string? Previous { get; init; }

    /// <summary>Signed at, Unix seconds.</summary>
    public required long IssuedAt { get; init; }

    /// <summary>In force from, Unix seconds.</summary>
    public required long From { get; init; }

    /// <summary>In force until, exclusive, Unix seconds.</summary>
    public required long To { get; init; }

    /// <summary>Who applied; the same in every version.</summary>
    public required PermitApplicant Applicant { get; init; }

    /// <summary>The <c>sub</c> of each person who may enter the workspace.</summary>
    public required IReadOnlyList<string> Persons { get; init; }

    /// <summary>The purpose, from EHDS Article 53(1).</summary>
    public required string Purpose { get; init; }

    /// <summary>The legal basis, GDPR Article 6(1).</summary>
    public required string LegalBasis { get; init; }

    /// <summary><see cref="Pseudonymised"/>.</summary>
    public required string Format { get; init; }

    /// <summary>The environment, and its signing key pinned.</summary>
    public required PermitSpe Spe { get; init; }

    /// <summary>What may be delivered, per source.</summary>
    public required IReadOnlyList<PermitSource> Sources { get; init; }

    /// <summary>Conditions in words.</summary>
    public required IReadOnlyList<string> Conditions { get; init; }

    /// <summary>What it costs (EHDS Article 68(10)(g)); Permit writes it into every version, and those signed before it did have none.</summary>
    public PermitFee? Fee { get; init; }

    /// <summary>
    /// The smallest count of persons that may leave the environment, by the policy of the decision; zero may too. Null
    /// in permits from before there was this member: then the environment's own rule counts alone.
    /// </summary>
    public int? SmallestCell { get; init; }

    string IDocument<PermitDocument>.Use => KeyUses.Permit;

    string? IDocument<PermitDocument>.Issuer => Parties.Permit;

    /// <summary>What the permit says of a source; null where it does not name it.</summary>
    /// <param name="source">The source.</param>
    public PermitSource? SourceNamed(string source) => Sources.FirstOrDefault(s => s.Source == source);

    /// <summary>Whether the permit is inside its dates; a revocation is not in the document.</summary>
    /// <param name="at">The moment.</param>
    public bool IsInForce(DateTimeOffset at) => From <= at.ToUnixTimeSeconds() && at.ToUnixTimeSeconds() < To;

    /// <inheritdoc/>
    public string? Fault() =>
        Rule.Broken(
            (Rule.IsId(Id) && Rule.IsId(Lineage), "id or lineage is not an id"),
            (Version >= 1, "version is below 1"),
            (Version == 1 ? Previous is null : Rule.IsDigest(Previous), "previous does not fit the version"),
            (Rule.IsTime(IssuedAt) && Rule.IsTime(From) && Rule.IsTime(To), "a time is out of range"),
            (From < To && IssuedAt < To, "issuedAt, from and to are not in order"),
            (Rule.IsText(Applicant.Sub, 200) && Rule.IsText(Applicant.Org, 40), "applicant is empty or too long"),
            (Persons.Count > 0 && Persons.All(p => Rule.IsText(p, 200)), "persons is empty or has an empty entry"),
            (Rule.AreUnique(Persons), "persons names somebody twice"),
            (Rule.IsText(Purpose, 4000) && Rule.IsText(LegalBasis, 4000), "purpose or legalBasis is empty or too long"),
            (Format == Pseudonymised, "format is not pseudonymised"),
            (Spe.IsSound(), "spe is not a party with the thumbprint and sequence of a key"),
            (Sources.Count > 0 && Sources.All(s => s is not null), "sources is empty"),
            (Rule.AreUnique(Sources.Select(s => s?.Source)), "sources names a source twice"),
            (Conditions.All(c => Rule.IsText(c, 4000)), "conditions has an entry that is empty or too long"),
            (Fee?.IsSound() != false, "fee is not an amount from 0 in a currency by a version of rules"),
            (SmallestCell is null or >= 1, "smallestCell is below 1")
        ) ?? Sources.Select(s => s.Fault()).FirstOrDefault(f => f is not null);
}

/// <summary>Who applied for a permit.</summary>
/// <param name="Sub">The person's <c>sub</c>.</param>
/// <param name="Org">The organisation's number.</param>
public sealed record PermitApplicant(string Sub, string Org);

/// <summary>What a permit costs, excluding value added tax: an estimate, since what was done is billed (EHDS Article 62).</summary>
/// <param name="Estimate">In whole units of the currency, for the cases whose sources the version names.</param>
/// <param name="Currency">ISO 4217.</param>
/// <param name="Rules">Version of the published rules by which it was estimated.</param>
public sealed record PermitFee(long Estimate, string Currency, string Rules)
{
    internal bool IsSound() => Estimate >= 0 && Rule.IsCurrency(Currency) && Rule.IsText(Rules, 40);
}

/// <summary>The secure processing environment of a permit, with its signing key pinned.</summary>
/// <param name="Party">The party id.</param>
/// <param name="Key">RFC 7638 thumbprint of its signing key.</param>
/// <param name="Sequence">That key's sequence.</param>
public sealed record PermitSpe(string Party, string Key, int Sequence)
{
    internal bool IsSound() => Rule.IsParty(Party) && Rule.Is32Bytes(Key) && Sequence >= 1;
}

/// <summary>What a permit says of one source.</summary>
public sealed record PermitSource
{
    private static readonly string[] Reserved = ["token", "pseudonym", "person_id"];

    /// <summary>One dataset of one holder.</summary>
    public required string Source { get; init; }

    /// <summary>The holder's party id.</summary>
    public required string Holder { get; init; }

    /// <summary>How many identifiers the holder may have tokenised for one order.</summary>
    public required long IdentifierBudget { get; init; }

    /// <summary>The columns, in the order in which rows have them.</summary>
    public required IReadOnlyList<PermitColumn> Columns { get; init; }

    /// <summary>Who decided that this source is in, and when; sources of one permit may have several deciders.</summary>
    public required PermitDecision Decision { get; init; }

    /// <summary>Whoever had opted out at that decision is withheld (EHDS Article 71(3)).</summary>
    public required PermitOptOut OptOut { get; init; }

    internal string? Fault() =>
        Rule.Broken(
            (Rule.IsName(Source), "source is not a name"),
            (Rule.IsParty(Holder), "holder is not a party id"),
            (IdentifierBudget >= 1, "identifierBudget is below 1"),
            (Columns.Count > 0 && Columns.All(c => c is not null), "columns is empty"),
            (Columns.All(c => Rule.IsName(c?.Name) && !Reserved.Contains(c!.Name)), "a column's name is not allowed"),
            (Rule.AreUnique(Columns.Select(c => c?.Name)), "columns names a column twice"),
            (Columns.All(c => ColumnTypes.TryParse(c?.Type, out _)), "a column's type is not known"),
            (Columns.All(c => c?.MaxLength is null or >= 1), "a column's maxLength is below 1"),
            (Rule.IsParty(Decision.Authority), "decision.authority is not the id of an authority"),
            (Rule.IsTime(Decision.At), "decision.at is out of range"),
            (OptOut.List >= 0, "optOut.list is below 0"),
            (Rule.IsDigest(OptOut.Commitment), "optOut.commitment is not 64 lower-case hex digits")
        );
}

/// <summary>The decision behind a source.</summary>
/// <param name="Authority">The authority that decided, for example <c>hdab</c>.</param>
/// <param name="At">When the source's case was decided, Unix seconds.</param>
public sealed record PermitDecision(string Authority, long At);

/// <summary>The opt-out list of a decision, named without telling anything of who is on it.</summary>
/// <param name="List">The number of the newest declaration on it, 0 where there was none.</param>
/// <param name="Commitment">Salted SHA-256 of the list, hex, by Pseudonymisation, which alone knows the salt.</param>
public sealed record PermitOptOut(long List, string Commitment);

/// <summary>One permitted column.</summary>
/// <param name="Name">Its name, <c>^[a-z][a-z0-9_]{0,39}$</c>.</param>
/// <param name="Type">A type that <see cref="ColumnTypes"/> reads.</param>
/// <param name="MaxLength">The longest value in characters; null where the permit sets none.</param>
public sealed record PermitColumn(string Name, string Type, int? MaxLength = null);
