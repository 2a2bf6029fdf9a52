using HealthDataNode.Permit.Domain;
using HealthDataNode.Permit.Domain.Clocks;
using HealthDataNode.Permit.Domain.Policy;

namespace HealthDataNode.Permit.Features;

/// <summary>An application as its applicant and the authority's officials see it.</summary>
public sealed record ApplicationView(
    Guid Id,
    int Version,
    ApplicationState State,
    Applicant Applicant,
    ApplicationContent Content,
    DateTimeOffset DraftedAt,
    DateTimeOffset? SubmittedAt,
    CaseView? Case,
    PermitView? Permit
)
{
    internal static ApplicationView Of(Application application, bool official) =>
        new(
            application.Id,
            application.Version,
            application.State,
            application.Applicant,
            application.Content,
            application.DraftedAt,
            application.SubmittedAt,
            application.Case is { } handled ? CaseView.Of(application, handled, official) : null,
            PermitView.Of(application)
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
    IReadOnlyList<DescribedSource> Sources,
    JudgementView? Preparation,
    JudgementView? Decision
)
{
    internal static CaseView Of(Application application, Case handled, bool official) =>
        new(
            handled.Id,
            application.Id,
            application.Version,
            handled.Authority,
            handled.Profile,
            handled.State,
            handled.OpenedAt,
            [
                .. handled.Rounds.Select(round => new InformationView(
                    round.Questions,
                    round.RequestedAt,
                    round.AnsweredAt,
                    round.Answer
                )),
            ],
            [.. handled.Clocks.Select(clock => ClockView.Of(clock, PolicyProfile.Named(handled.Profile)))],
            application.Sources,
            official && handled.Preparations is [.., var last] ? JudgementView.Of(last, official) : null,
            handled.Decision is { } decision ? JudgementView.Of(decision, official) : null
        );
}

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

/// <summary>The permit of an application.</summary>
public sealed record PermitView(
    string Lineage,
    int Version,
    string Digest,
    DateTimeOffset From,
    DateTimeOffset To,
    string Spe,
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
