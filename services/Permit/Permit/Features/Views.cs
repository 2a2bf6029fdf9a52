using HealthDataNode.Permit.Domain;
using HealthDataNode.Permit.Domain.Clocks;
using HealthDataNode.Permit.Domain.Policy;

namespace HealthDataNode.Permit.Features;

/// <summary>
/// An application as its applicant and its authorities' officials see it: an authority sees its own case and the approvals
/// that its sources need, and nothing of another's case.
/// </summary>
public sealed record ApplicationView(
    Guid Id,
    int Version,
    ApplicationState State,
    Applicant Applicant,
    ApplicationContent Content,
    DateTimeOffset DraftedAt,
    DateTimeOffset? SubmittedAt,
    DateTimeOffset? WithdrawnAt,
    IReadOnlyList<CaseView> Cases,
    IReadOnlyList<ApprovalView> Approvals,
    long? EstimatedFee,
    PermitView? Permit
)
{
    /// <param name="application">What is shown.</param>
    /// <param name="authority">Whose official looks; null for the applicant.</param>
    internal static ApplicationView Of(Application application, string? authority = null)
    {
        var handled = application.Cases.Where(one => authority is null || one.Authority == authority).ToList();
        var needed = handled.SelectMany(one => one.Sources).SelectMany(source => source.Approvals).ToHashSet();
        return new(
            application.Id,
            application.Version,
            application.State,
            application.Applicant,
            application.Content,
            application.DraftedAt,
            application.SubmittedAt,
            application.WithdrawnAt,
            [.. handled.Select(one => CaseView.Of(application, one, official: authority is not null))],
            [
                .. application
                    .Approvals.Where(one => needed.Contains(one.Required.Kind) || one.Required.Authority == authority)
                    .Select(one => ApprovalView.Of(one, authority)),
            ],
            application.Fee?.SeenBy(authority)?.Total,
            PermitView.Of(application)
        );
    }
}

/// <summary>An approval that a source needs; who gave it is shown to that authority alone.</summary>
public sealed record ApprovalView(
    string Kind,
    string Authority,
    string LegalBasis,
    JudgementView? Decision,
    RevocationView? Revocation,
    DateTimeOffset? WithdrawnAt
)
{
    internal static ApprovalView Of(Approval approval, string? authority) =>
        new(
            approval.Required.Kind,
            approval.Required.Authority,
            approval.Required.LegalBasis,
            approval.Decision is { } decision ? JudgementView.Of(decision, approval.Required.Authority == authority) : null,
            approval.Revocation is { } revocation ? new RevocationView(revocation.Reasons, revocation.At) : null,
            approval.WithdrawnAt
        );
}

/// <summary>A case; who handles it is shown to officials alone.</summary>
public sealed record CaseView(
    Guid Id,
    Guid Application,
    int Version,
    string Authority,
    string Profile,
    CaseState State,
    DateTimeOffset OpenedAt,
    IReadOnlyList<InformationView> Information,
    IReadOnlyList<ClockView> Clocks,
    IReadOnlyList<CaseSourceView> Sources,
    JudgementView? Preparation,
    JudgementView? Decision,
    RevocationView? Revocation
)
{
    internal static CaseView Of(Application application, Case handled, bool official) =>
        new(
            handled.Id,
            application.Id,
            handled.Version,
            handled.Authority,
            handled.Profile,
            handled.State,
            handled.OpenedAt,
            [.. handled.Rounds.Select(round => new InformationView(round.Questions, round.RequestedAt, round.AnsweredAt, round.Answer))],
            [.. handled.Clocks.Select(clock => ClockView.Of(clock, PolicyProfile.Named(handled.Profile)))],
            [
                .. handled.Sources.Select(source =>
                    CaseSourceView.Of(
                        source,
                        application.Sources.Single(described => described.Source == source.Source),
                        application.WaitsFor(source, handled)
                    )
                ),
            ],
            official && handled.Preparations is [.., var last] ? JudgementView.Of(last, official) : null,
            handled.Decision is { } decision ? JudgementView.Of(decision, official) : null,
            handled.Revocation is { } revocation ? new RevocationView(revocation.Reasons, revocation.At) : null
        );
}

/// <summary>
/// A source of a case: why this authority decides on it, which approvals it needs, what is asked of it, and what it waits for
/// before it is delivered.
/// </summary>
public sealed record CaseSourceView(
    string Source,
    string LegalBasis,
    IReadOnlyList<string> Approvals,
    string Holder,
    long IdentifierBudget,
    IReadOnlyList<DescribedColumn> Columns,
    IReadOnlyList<string> WaitsFor
)
{
    internal static CaseSourceView Of(CaseSource source, DescribedSource described, IReadOnlyList<string> waitsFor) =>
        new(source.Source, source.LegalBasis, source.Approvals, described.Holder, described.IdentifierBudget, described.Columns, waitsFor);
}

/// <summary>A decision or an approval taken back.</summary>
public sealed record RevocationView(string Reasons, DateTimeOffset At);

/// <summary>A round of questions.</summary>
public sealed record InformationView(
    IReadOnlyList<Question> Questions,
    DateTimeOffset RequestedAt,
    DateTimeOffset? AnsweredAt,
    string? Answer
);

/// <summary>A statutory clock with its due date; null while it is suspended.</summary>
public sealed record ClockView(
    string Rule,
    string Article,
    DateTimeOffset Started,
    IReadOnlyList<Suspension> Suspensions,
    Extension? Extension,
    DateTimeOffset? DueAt,
    DateTimeOffset? Ended
)
{
    internal static ClockView Of(StatutoryClock clock, PolicyProfile profile) =>
        new(
            clock.Rule,
            profile.Rule(clock.Rule).Article,
            clock.Started,
            clock.Suspensions,
            clock.Extension,
            profile.DueAt(clock),
            clock.Ended
        );
}

/// <summary>A proposal or decision.</summary>
public sealed record JudgementView(Outcome Outcome, string Reasons, DateTimeOffset At, string? By)
{
    internal static JudgementView Of(Judgement judgement, bool official) =>
        new(judgement.Outcome, judgement.Reasons, judgement.At, official ? judgement.By : null);
}

/// <summary>The newest version of an application's permit.</summary>
public sealed record PermitView(
    string Lineage,
    int Version,
    string Digest,
    DateTimeOffset From,
    DateTimeOffset To,
    string Spe,
    IReadOnlyList<string> Sources,
    DateTimeOffset? RevokedAt
)
{
    internal static PermitView? Of(Application application) =>
        application.Permit is { } permit
            ? new PermitView(
                permit.Lineage,
                permit.Version,
                permit.Digest,
                permit.From,
                permit.To,
                permit.Spe,
                permit.Sources,
                application.Revocation?.At
            )
            : null;
}

/// <summary>An application in a list.</summary>
public sealed record ApplicationSummary(
    Guid Id,
    int Version,
    ApplicationState State,
    string? Title,
    string? Purpose,
    string Org,
    DateTimeOffset DraftedAt,
    DateTimeOffset? SubmittedAt
);

/// <summary>A page; ask again with <c>after</c> = <paramref name="Next"/> while it is there.</summary>
public sealed record Page<T>(IReadOnlyList<T> Items, string? Next);
