using HealthDataNode.Permit.Domain;
using HealthDataNode.Permit.Domain.Policy;

namespace HealthDataNode.Permit.Persistence;

/// <summary>The rows that an application's state gives: a pure function, so that they can be rebuilt from the events.</summary>
public sealed record Projection(
    ApplicationRow Application,
    CaseRow? Case,
    IReadOnlyList<ClockRow> Clocks,
    IReadOnlyList<SuspensionRow> Suspensions,
    PermitRow? Permit
)
{
    /// <summary>Projects a state.</summary>
    public static Projection Of(Application application) =>
        new(
            ToRow(application),
            application.Case is { } handled ? ToRow(application, handled) : null,
            application.Case is { } timed ? [.. timed.Clocks.Select((_, i) => ToRow(timed, i))] : [],
            application.Case is { } suspended ? [.. suspended.Clocks.SelectMany((_, i) => Suspended(suspended, i))] : [],
            application.Permit is { } permit ? ToRow(application, permit) : null
        );

    private static ApplicationRow ToRow(Application application) =>
        new()
        {
            Id = application.Id,
            Version = application.Version,
            State = application.State,
            ApplicantSub = application.Applicant.Sub,
            ApplicantOrg = application.Applicant.Org,
            Title = application.Content.Title,
            Purpose = application.Content.Purpose,
            DraftedAt = application.DraftedAt,
            SubmittedAt = application.SubmittedAt,
        };

    private static CaseRow ToRow(Application application, Case handled) =>
        new()
        {
            Id = handled.Id,
            ApplicationId = application.Id,
            Authority = handled.Authority,
            Profile = handled.Profile,
            State = handled.State,
            OpenedAt = handled.OpenedAt,
            Preparer = handled.Preparations is [.., var last] ? last.By : null,
            Outcome = handled.Decision?.Outcome,
            Reasons = handled.Decision?.Reasons,
            DecidedAt = handled.Decision?.At,
            DecidedBy = handled.Decision?.By,
            PublishedAt = handled.Clocks.LastOrDefault(clock => clock.Rule == PolicyProfile.Publication)?.Ended,
        };

    private static ClockRow ToRow(Case handled, int number)
    {
        var clock = handled.Clocks[number];
        return new ClockRow
        {
            CaseId = handled.Id,
            Number = number,
            Rule = clock.Rule,
            StartedAt = clock.Started,
            ExtendedAt = clock.Extension?.At,
            ExtensionReasons = clock.Extension?.Reasons,
            DueAt = PolicyProfile.Named(handled.Profile).DueAt(clock),
            EndedAt = clock.Ended,
        };
    }

    private static IEnumerable<SuspensionRow> Suspended(Case handled, int clock) =>
        handled
            .Clocks[clock]
            .Suspensions.Select(
                (suspension, i) =>
                    new SuspensionRow
                    {
                        CaseId = handled.Id,
                        Clock = clock,
                        Number = i,
                        FromAt = suspension.From,
                        ToAt = suspension.To,
                        Reason = suspension.Reason,
                    }
            );

    private static PermitRow ToRow(Application application, IssuedPermit permit) =>
        new()
        {
            Lineage = permit.Lineage,
            Version = permit.Version,
            ApplicationId = application.Id,
            Authority = application.Case!.Authority,
            Digest = permit.Digest,
            Document = permit.Document,
            IssuedAt = permit.IssuedAt,
            FromAt = permit.From,
            ToAt = permit.To,
            Title = application.Content.Title!,
            Org = application.Applicant.Org,
            Purpose = application.Content.Purpose!,
            LegalBasis = application.Content.LegalBasis!,
            Spe = permit.Spe,
            Sources = [.. application.Sources.Select(source => source.Source)],
            Holders = [.. application.Sources.Select(source => source.Holder)],
            Persons = [.. application.Content.Persons!],
            RevokedAt = application.Revocation?.At,
        };
}
