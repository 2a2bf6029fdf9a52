using HealthDataNode.Permit.Domain.Clocks;
using HealthDataNode.Permit.Domain.Policy;
using HealthDataNode.Protocol.Documents;

namespace HealthDataNode.Permit.Domain;

/// <summary>What a granted application gives as a permit (EHDS 68(10)), before it is signed.</summary>
public static class PermitWriting
{
    private static readonly string[] Conditions =
    [
        "Work only in the environment named; nothing but anonymous results leaves it (EHDS 73(2)).",
        "Do not re-identify anybody, nor try to (EHDS 61(3)).",
        "Publish the results within 18 months, naming the sources and the EHDS (EHDS 61(4)).",
        "Report significant findings about a person's health to the authority (EHDS 61(5)).",
    ];

    /// <summary>The first version of a new lineage.</summary>
    /// <param name="application">The application, with the decision that brings the sources in.</param>
    /// <param name="lineage">The new lineage.</param>
    /// <param name="entering">The sources.</param>
    /// <param name="list">The opt-out list as it stands at this decision.</param>
    /// <param name="spe">The environment, as it is now.</param>
    /// <param name="profile">The policy of the case that was decided.</param>
    /// <param name="now">Now.</param>
    public static PermitDocument First(
        Application application,
        string lineage,
        IReadOnlyList<(CaseSource Source, Case Case)> entering,
        PermitOptOut list,
        EnvironmentFacts spe,
        PolicyProfile profile,
        DateTimeOffset now
    )
    {
        var content = application.Content;
        var issued = now.ToUnixTimeSeconds();
        var sources = Decided(application, entering, list);
        return new PermitDocument
        {
            Id = NewId(),
            Lineage = lineage,
            Version = 1,
            Previous = null,
            IssuedAt = issued,
            // Nothing is in force before it was decided.
            From = Math.Max(issued, NorwegianCalendar.StartOf(content.Period!.From!.Value).ToUnixTimeSeconds()),
            To = EndOf(application).ToUnixTimeSeconds(),
            Applicant = new PermitApplicant(application.Applicant.Sub, application.Applicant.Org),
            Persons = content.Persons!,
            Purpose = content.Purpose!,
            LegalBasis = content.LegalBasis!,
            Format = PermitDocument.Pseudonymised,
            Spe = Pinned(spe),
            Sources = sources,
            Conditions = Conditions,
            Fee = FeeFor(application, sources),
            SmallestCell = profile.SmallestCell,
        };
    }

    /// <summary>The next version: what stood in the one before, and the sources that enter.</summary>
    /// <inheritdoc cref="First"/>
    public static PermitDocument With(
        Application application,
        IReadOnlyList<(CaseSource Source, Case Case)> entering,
        PermitOptOut list,
        EnvironmentFacts spe,
        PolicyProfile profile,
        DateTimeOffset now
    )
    {
        var before = Read(application.Permit!);
        PermitSource[] sources = [.. before.Sources, .. Decided(application, entering, list)];
        return Successor(application.Permit!, before, now) with
        {
            Spe = Pinned(spe),
            Sources = sources,
            Fee = FeeFor(application, sources),
            SmallestCell = Math.Max(before.SmallestCell ?? 0, profile.SmallestCell),
        };
    }

    /// <summary>The next version: without sources for which something was taken back. What they cost, they have cost.</summary>
    public static PermitDocument Without(IssuedPermit permit, IReadOnlyList<CaseSource> leaving, DateTimeOffset now)
    {
        var before = Read(permit);
        return Successor(permit, before, now) with
        {
            Sources = [.. before.Sources.Where(source => leaving.All(gone => gone.Source != source.Source))],
        };
    }

    /// <summary>When a permit for the application would end.</summary>
    public static DateTimeOffset EndOf(Application application) => NorwegianCalendar.EndOf(application.Content.Period!.To!.Value);

    /// <summary>What was signed.</summary>
    public static PermitDocument Read(IssuedPermit permit) => Read(permit.Document);

    /// <inheritdoc cref="Read(IssuedPermit)"/>
    public static PermitDocument Read(string document) => KeptDocument.Read<PermitDocument>(document).Payload;

    private static PermitDocument Successor(IssuedPermit permit, PermitDocument before, DateTimeOffset now) =>
        before with
        {
            Id = NewId(),
            Version = permit.Version + 1,
            Previous = permit.Digest,
            IssuedAt = now.ToUnixTimeSeconds(),
        };

    private static PermitSource[] Decided(
        Application application,
        IReadOnlyList<(CaseSource Source, Case Case)> entering,
        PermitOptOut list
    ) =>
        [
            .. entering.Select(entry =>
            {
                var source = application.Sources.Single(described => described.Source == entry.Source.Source);
                return new PermitSource
                {
                    Source = source.Source,
                    Holder = source.Holder,
                    IdentifierBudget = source.IdentifierBudget,
                    Columns = [.. source.Columns.Select(c => new PermitColumn(c.Name, c.Type, c.MaxLength))],
                    Decision = new PermitDecision(entry.Case.Authority, entry.Case.Decision!.At.ToUnixTimeSeconds()),
                    OptOut = list,
                };
            }),
        ];

    // 68(10)(g): as the applicant was told before the decision (62(5)), for the cases whose sources are in.
    private static PermitFee? FeeFor(Application application, IEnumerable<PermitSource> sources)
    {
        var authorities = sources.Select(source => source.Decision.Authority).ToHashSet();
        return application.Fee is { } fee
            ? new PermitFee(fee.Lines.Where(line => authorities.Contains(line.Authority)).Sum(line => line.Amount), fee.Currency, fee.Rules)
            : null;
    }

    private static PermitSpe Pinned(EnvironmentFacts spe) => new(spe.Party, spe.SigningKey!.Thumbprint, spe.SigningKey.Sequence);

    private static string NewId() => $"p-{Guid.CreateVersion7():N}";
}
