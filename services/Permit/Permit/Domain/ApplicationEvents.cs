namespace HealthDataNode.Permit.Domain;

/// <summary>
/// Something that happened to an application. Only ever appended; every state is folded from these. What may be null has
/// a default, since null is not written.
/// </summary>
public abstract record ApplicationEvent;

/// <summary>An event with its place in the application's history.</summary>
/// <param name="Sequence">From 1, without gaps.</param>
/// <param name="At">When, UTC.</param>
/// <param name="Actor">The <c>sub</c> of who did it.</param>
/// <param name="Event">What.</param>
public sealed record RecordedEvent(int Sequence, DateTimeOffset At, string Actor, ApplicationEvent Event);

/// <summary>A draft was stored.</summary>
public sealed record ApplicationDrafted(Applicant Applicant, ApplicationContent Content) : ApplicationEvent;

/// <summary>The applicant changed the draft.</summary>
public sealed record ApplicationRevised(ApplicationContent Content) : ApplicationEvent;

/// <summary>The application was complete and went in; holders and columns are as the catalogue described them then.</summary>
public sealed record ApplicationSubmitted(IReadOnlyList<DescribedSource> Sources) : ApplicationEvent;

/// <summary>A decision authority has the case; the statutory clock of 68(4) runs from here.</summary>
public sealed record CaseOpened(Guid Case, string Authority, string Profile) : ApplicationEvent;

/// <summary>An officer asks; the clock is suspended and the applicant has four weeks.</summary>
public sealed record InformationRequested(IReadOnlyList<Question> Questions) : ApplicationEvent;

/// <summary>The applicant answered, perhaps with a corrected application.</summary>
public sealed record InformationGiven(
    string Answer,
    ApplicationContent? Content = null,
    IReadOnlyList<DescribedSource>? Sources = null
) : ApplicationEvent;

/// <summary>The time limit was extended once, with reasons; 68(4).</summary>
public sealed record ClockExtended(string Reasons) : ApplicationEvent;

/// <summary>An officer prepared the case: a proposal, which binds nobody.</summary>
public sealed record CasePrepared(Outcome Outcome, string Reasons) : ApplicationEvent;

/// <summary>Another person decided.</summary>
public sealed record CaseDecided(Outcome Outcome, string Reasons) : ApplicationEvent;

/// <summary>The decision stands in the public list, 57(1)(j)(iii).</summary>
public sealed record DecisionPublished : ApplicationEvent;

/// <summary>The permit was signed.</summary>
public sealed record PermitIssued(IssuedPermit Permit) : ApplicationEvent;

/// <summary>The permit was revoked, 63(3).</summary>
public sealed record PermitWithdrawn(string Reasons) : ApplicationEvent;

/// <summary>Who applies.</summary>
public sealed record Applicant(string Sub, string Org);

/// <summary>A field of the application and what the officer wants to know of it.</summary>
public sealed record Question(string Field, string Comment);

/// <summary>The outcome of a case.</summary>
public enum Outcome
{
    /// <summary>The permit is granted.</summary>
    Granted,

    /// <summary>It is refused.</summary>
    Refused,
}

/// <summary>A requested source with what the catalogue says of it.</summary>
public sealed record DescribedSource(
    string Source,
    string Holder,
    long IdentifierBudget,
    IReadOnlyList<DescribedColumn> Columns
);

/// <summary>A column as described.</summary>
public sealed record DescribedColumn(string Name, string Type, int? MaxLength = null);

/// <summary>A signed permit.</summary>
public sealed record IssuedPermit(
    string Lineage,
    int Version,
    string Digest,
    string Document,
    DateTimeOffset IssuedAt,
    DateTimeOffset From,
    DateTimeOffset To,
    string Spe
);
