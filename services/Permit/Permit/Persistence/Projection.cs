using HealthDataNode.Permit.Domain;
using HealthDataNode.Permit.Domain.Policy;

namespace HealthDataNode.Permit.Persistence;

/// <summary>The rows that an application's state gives: a pure function, so that they can be rebuilt from the events.</summary>
public sealed record Projection(
    ApplicationRow Application,
    IReadOnlyList<CaseRow> Cases,
    IReadOnlyList<ClockRow> Clocks,
    IReadOnlyList<SuspensionRow> Suspensions,
    IReadOnlyList<StageRow> Stages,
    IReadOnlyList<ApprovalRow> Approvals,
    IReadOnlyList<PermitRow> Permits
)
{
    /// <summary>Projects a state.</summary>
    public static Projection Of(Application application) =>
        new(
            ToRow(application),
            [.. application.Cases.Select(handled => ToRow(application, handled))],
            [.. application.Cases.SelectMany(handled => handled.Clocks.Select((_, i) => ToRow(handled, i)))],
            [.. application.Cases.SelectMany(handled => handled.Clocks.SelectMany((_, i) => Suspended(handled, i)))],
            [.. application.Cases.SelectMany(handled => handled.Stages.Select((stage, i) => ToRow(handled, stage, i)))],
            [.. application.Approvals.Select(approval => ToRow(application, approval))],
            [.. application.Permits.Select(permit => ToRow(application, permit))]
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
            LegalBasis = application.Content.LegalBasis,
            DraftedAt = application.DraftedAt,
            SubmittedAt = application.SubmittedAt,
            WithdrawnAt = application.WithdrawnAt,
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
            Sources = [.. handled.Sources.Select(source => source.Source)],
            RevokedAt = handled.Revocation?.At,
            RevocationReasons = handled.Revocation?.Reasons,
        };

    private static StageRow ToRow(Case handled, Stage stage, int number) =>
        new()
        {
            CaseId = handled.Id,
            Number = number,
            Stage = stage.State,
            FromAt = stage.From,
            ToAt = stage.To,
        };

    private static ApprovalRow ToRow(Application application, Approval approval) =>
        new()
        {
            ApplicationId = application.Id,
            Kind = approval.Required.Kind,
            Authority = approval.Required.Authority,
            RequiredAt = application.SubmittedAt!.Value,
            Outcome = approval.Decision?.Outcome,
            Reasons = approval.Decision?.Reasons,
            DecidedAt = approval.Decision?.At,
            DecidedBy = approval.Decision?.By,
            RevokedAt = approval.Revocation?.At,
            RevocationReasons = approval.Revocation?.Reasons,
            WithdrawnAt = approval.WithdrawnAt,
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
            Authorities =
            [
                .. application
                    .Cases.Where(handled => handled.Sources.Any(s => permit.Sources.Contains(s.Source)))
                    .Select(handled => handled.Authority),
            ],
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
            Sources = [.. permit.Sources],
            Holders = [.. permit.Sources.Select(name => application.Sources.Single(source => source.Source == name).Holder).Distinct()],
            Persons = [.. application.Content.Persons!],
            RevokedAt = application.Revocation?.At,
            DeletedAt = application.DeletedAt,
            ShreddedAt = application.ShreddedAt,
            FeeEstimate = permit.Fee?.Estimate,
            FeeCurrency = permit.Fee?.Currency,
            FeeRules = permit.Fee?.Rules,
        };
}
