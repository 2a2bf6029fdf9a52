namespace HealthDataNode.Permit.Domain;

/// <summary>
/// What an applicant fills in: the fields of EHDS 67(2) to (4) that this authority asks for. A draft may lack any of
/// them; <see cref="Completeness"/> says what a submission needs.
/// </summary>
/// <param name="Title">A short title for the public list.</param>
/// <param name="Purpose">One of <see cref="Purposes"/>, 67(2)(b).</param>
/// <param name="IntendedUse">67(2)(c).</param>
/// <param name="Benefit">The expected benefit and how it serves the purpose, 67(2)(c).</param>
/// <param name="LegalBasis">GDPR Article 6(1), one of <see cref="LegalBases"/>; 67(4).</param>
/// <param name="Format"><c>pseudonymised</c>; 67(2)(e).</param>
/// <param name="Justification">Why anonymised data is not enough; 67(2)(e), 66(3).</param>
/// <param name="Persons">The <c>sub</c> of each person who would get access, the applicant included; 67(2)(a).</param>
/// <param name="Spe">The environment proposed, with reasons; the authority chooses.</param>
/// <param name="Period">67(2)(h).</param>
/// <param name="Safeguards">Against misuse and re-identification; 67(2)(g).</param>
/// <param name="Ethics">Ethical assessment or why none is needed; 67(2)(j).</param>
/// <param name="DeclaredAgainst">Each prohibited use of Article 54, declared against one by one.</param>
/// <param name="Sources">Data per source, 67(2)(d).</param>
/// <param name="AllOrNothing">Whether one source is of no use without the others: then none is delivered before all may be.</param>
public sealed record ApplicationContent(
    string? Title = null,
    string? Purpose = null,
    string? IntendedUse = null,
    string? Benefit = null,
    string? LegalBasis = null,
    string? Format = null,
    string? Justification = null,
    IReadOnlyList<string>? Persons = null,
    ProposedSpe? Spe = null,
    Period? Period = null,
    string? Safeguards = null,
    string? Ethics = null,
    IReadOnlyList<string>? DeclaredAgainst = null,
    IReadOnlyList<RequestedSource>? Sources = null,
    bool AllOrNothing = false
);

/// <summary>An environment proposed by the applicant.</summary>
public sealed record ProposedSpe(string? Party = null, string? Reasons = null);

/// <summary>The period asked for: whole days in Norway, both included.</summary>
public sealed record Period(DateOnly? From = null, DateOnly? To = null);

/// <summary>What is asked of one source.</summary>
/// <param name="Source">The source's name in the catalogue.</param>
/// <param name="Variables">Names of variables, in the order in which the columns shall come.</param>
/// <param name="ExpectedPersons">How many persons the extract is expected to hold; the identifier budget follows from it.</param>
/// <param name="Scope">Population and time range in words.</param>
public sealed record RequestedSource(
    string? Source = null,
    IReadOnlyList<string>? Variables = null,
    int? ExpectedPersons = null,
    string? Scope = null
);

/// <summary>The purposes of EHDS 53(1).</summary>
public static class Purposes
{
    /// <summary>(a) public and occupational health, (b) policy, (c) statistics, (d) education, (e) research, (f) care.</summary>
    public static IReadOnlyList<string> All { get; } = ["53(1)(a)", "53(1)(b)", "53(1)(c)", "53(1)(d)", "53(1)(e)", "53(1)(f)"];
}

/// <summary>The legal bases of GDPR 6(1).</summary>
public static class LegalBases
{
    /// <summary>(a) consent to (f) legitimate interests.</summary>
    public static IReadOnlyList<string> All { get; } = ["6(1)(a)", "6(1)(b)", "6(1)(c)", "6(1)(d)", "6(1)(e)", "6(1)(f)"];
}

/// <summary>The prohibited uses of EHDS Article 54.</summary>
public static class ProhibitedUses
{
    /// <summary>(a) detrimental decisions, (b) discrimination, (c) marketing, (d) harmful products, (e) against ethics.</summary>
    public static IReadOnlyList<string> All { get; } = ["54(a)", "54(b)", "54(c)", "54(d)", "54(e)"];
}
