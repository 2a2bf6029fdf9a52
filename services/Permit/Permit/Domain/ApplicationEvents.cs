using HealthDataNode.Protocol.Documents;

namespace HealthDataNode.Permit.Domain;

/// <summary>
/// Something that happened to an application. Only ever appended; every state is folded from these. What may be null has
/// a default, since null is not written.
/// </summary>
public abstract record ApplicationEvent;

/// <summary>Something that happened in one of its cases.</summary>
/// <param name="Case">Which.</param>
public abstract record CaseEvent(Guid Case) : ApplicationEvent;

/// <summary>An event with its place in the application's history.</summary>
/// <param name="Sequence">From 1, without gaps.</param>
/// <param name="At">When, UTC.</param>
/// <param name="Actor">The <c>sub</c> of who did it; of a neighbour its name.</param>
/// <param name="Event">What.</param>
public sealed record RecordedEvent(int Sequence, DateTimeOffset At, string Actor, ApplicationEvent Event);

/// <summary>A draft was stored.</summary>
public sealed record ApplicationDrafted(Applicant Applicant, ApplicationContent Content) : ApplicationEvent;

/// <summary>The applicant changed the draft.</summary>
public sealed record ApplicationRevised(ApplicationContent Content) : ApplicationEvent;

/// <summary>
/// The application was complete and went in; holders and columns are as the catalogue described them then, and the
/// approvals are those that the register of authorities required then.
/// </summary>
public sealed record ApplicationSubmitted(IReadOnlyList<DescribedSource> Sources, IReadOnlyList<RequiredApproval> Approvals)
    : ApplicationEvent;

/// <summary>What the applicant is expected to pay, before anybody decides; 62(5).</summary>
public sealed record FeeEstimated(string Currency, IReadOnlyList<FeeLine> Lines, string Rules) : ApplicationEvent;

/// <summary>A decision authority has its case; the statutory clock of 68(4) runs from here.</summary>
public sealed record CaseOpened(Guid Case, string Authority, string Profile, IReadOnlyList<CaseSource> Sources) : CaseEvent(Case);

/// <summary>An officer asks; the clock is suspended and the applicant has four weeks.</summary>
public sealed record InformationRequested(Guid Case, IReadOnlyList<Question> Questions) : CaseEvent(Case);

/// <summary>The applicant answered, perhaps with a corrected application.</summary>
public sealed record InformationGiven(
    Guid Case,
    string Answer,
    ApplicationContent? Content = null,
    IReadOnlyList<DescribedSource>? Sources = null
) : CaseEvent(Case);

/// <summary>The time limit was extended once, with reasons; 68(4).</summary>
public sealed record ClockExtended(Guid Case, string Reasons) : CaseEvent(Case);

/// <summary>An officer prepared the case: a proposal, which binds nobody.</summary>
public sealed record CasePrepared(Guid Case, Outcome Outcome, string Reasons) : CaseEvent(Case);

/// <summary>Another person decided.</summary>
public sealed record CaseDecided(Guid Case, Outcome Outcome, string Reasons) : CaseEvent(Case);

/// <summary>The decision stands in the public list, 57(1)(j)(iii).</summary>
public sealed record DecisionPublished(Guid Case) : CaseEvent(Case);

/// <summary>The authority took its decision back, 63(3); those of others stand.</summary>
public sealed record DecisionRevoked(Guid Case, string Reasons) : CaseEvent(Case);

/// <summary>An approval was given or refused.</summary>
public sealed record ApprovalDecided(string Kind, Outcome Outcome, string Reasons) : ApplicationEvent;

/// <summary>An approval was taken back by the authority that gave it: what needs it stands no more.</summary>
public sealed record ApprovalRevoked(string Kind, string Reasons) : ApplicationEvent;

/// <summary>The applicant took the application back while somebody had still to decide.</summary>
/// <param name="Cases">Those that end with it; what others granted stands.</param>
public sealed record ApplicationWithdrawn(IReadOnlyList<Guid> Cases) : ApplicationEvent;

/// <summary>A version of the permit was signed.</summary>
public sealed record PermitIssued(IssuedPermit Permit) : ApplicationEvent;

/// <summary>No decision stands any more: the permit has ended, 63(3).</summary>
public sealed record PermitWithdrawn(string Reasons) : ApplicationEvent;

/// <summary>The environment has proved that it deleted everything of the lineage.</summary>
public sealed record DeletionProved(DateTimeOffset ProvedAt) : ApplicationEvent;

/// <summary>The lineage's key is gone: its pseudonyms can never be made or undone again.</summary>
public sealed record KeyShredded(DateTimeOffset ShreddedAt) : ApplicationEvent;

/// <summary>Who applies.</summary>
public sealed record Applicant(string Sub, string Org);

/// <summary>A field of the application and what the officer wants to know of it.</summary>
public sealed record Question(string Field, string Comment);

/// <summary>The outcome of a case or approval.</summary>
public enum Outcome
{
    /// <summary>Yes.</summary>
    Granted,

    /// <summary>No.</summary>
    Refused,
}

/// <summary>A requested source with what the catalogue says of it.</summary>
public sealed record DescribedSource(string Source, string Holder, long IdentifierBudget, IReadOnlyList<DescribedColumn> Columns);

/// <summary>A column as described.</summary>
public sealed record DescribedColumn(string Name, string Type, int? MaxLength = null);

/// <summary>A source that a case is about.</summary>
/// <param name="Source">Its name.</param>
/// <param name="LegalBasis">Why this authority decides on it.</param>
/// <param name="Approvals">Kinds of approval without which it is not delivered.</param>
public sealed record CaseSource(string Source, string LegalBasis, IReadOnlyList<string> Approvals);

/// <summary>An approval that at least one source of the application needs.</summary>
/// <param name="Kind">For example <c>ethics</c>.</param>
/// <param name="Authority">Who gives it.</param>
/// <param name="Role">The role in which one of its officials does.</param>
/// <param name="LegalBasis">Where it comes from.</param>
public sealed record RequiredApproval(string Kind, string Authority, string Role, string LegalBasis);

/// <summary>A line of a fee estimate.</summary>
/// <param name="Authority">Whose case it belongs to.</param>
/// <param name="Rule">The rule that gave it.</param>
/// <param name="Text">What it is for.</param>
/// <param name="Amount">In whole units of the estimate's currency.</param>
public sealed record FeeLine(string Authority, string Rule, string Text, long Amount);

/// <summary>A signed version of the permit.</summary>
public sealed record IssuedPermit(
    string Lineage,
    int Version,
    string Digest,
    string Document,
    DateTimeOffset IssuedAt,
    DateTimeOffset From,
    DateTimeOffset To,
    string Spe,
    IReadOnlyList<string> Sources,
    PermitFee? Fee = null
);
