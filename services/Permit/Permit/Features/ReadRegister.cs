using HealthDataNode.Permit.Domain;
using HealthDataNode.Permit.Persistence;
using HealthDataNode.Protocol.Documents;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HealthDataNode.Permit.Features;

/// <summary>
/// The public register (EHDS 57(1)(j), 58(1)): every application that came in, every decision with its reasons, every
/// version of a permit, and its end to the shredding of its key. Without persons.
/// </summary>
public static class ReadRegister
{
    private const int PageSize = 100;

    internal static void Map(IEndpointRouteBuilder routes) =>
        routes
            .MapGet("/register", Handle)
            .AllowAnonymous()
            .WithName("ReadRegister")
            .WithSummary(
                "Applications, decisions with reasons, permits, revocations, deletions, the newest first; all, or that of one lineage"
            )
            .WithTags("Public");

    private static async Task<Results<Ok<Page<RegisterEntry>>, ProblemHttpResult>> Handle(
        PermitDb database,
        CancellationToken cancellationToken,
        string? lineage = null,
        Guid? after = null
    )
    {
        if (Answers.RequireForm("lineage", lineage, PermitDocument.IsLineage) is { } malformed)
        {
            return malformed;
        }
        var applications = await database
            .Applications.AsNoTracking()
            .Where(row => row.SubmittedAt != null && (after == null || row.Id < after))
            .Where(row => lineage == null || database.Permits.Any(permit => permit.ApplicationId == row.Id && permit.Lineage == lineage))
            // The ids are made in time order.
            .OrderByDescending(row => row.Id)
            .Take(PageSize)
            .ToListAsync(cancellationToken);
        var ids = applications.Select(row => row.Id).ToList();
        var cases = await OfAsync(
            database.Cases.Where(row => ids.Contains(row.ApplicationId)).OrderBy(row => row.Authority),
            row => row.ApplicationId,
            cancellationToken
        );
        var approvals = await OfAsync(
            database.Approvals.Where(row => ids.Contains(row.ApplicationId)).OrderBy(row => row.Kind),
            row => row.ApplicationId,
            cancellationToken
        );
        var permits = await OfAsync(
            database.Permits.Where(row => ids.Contains(row.ApplicationId)).OrderBy(row => row.Version),
            row => row.ApplicationId,
            cancellationToken
        );
        return TypedResults.Ok(
            new Page<RegisterEntry>(
                [.. applications.Select(row => ToEntry(row, cases[row.Id], approvals[row.Id], [.. permits[row.Id]]))],
                applications.Count == PageSize ? applications[^1].Id.ToString() : null
            )
        );
    }

    private static async Task<ILookup<Guid, T>> OfAsync<T>(
        IQueryable<T> rows,
        Func<T, Guid> application,
        CancellationToken cancellationToken
    )
        where T : class => (await rows.AsNoTracking().ToListAsync(cancellationToken)).ToLookup(application);

    private static PermitFee? FeeOf(PermitRow row) =>
        row.FeeEstimate is { } estimate ? new PermitFee(estimate, row.FeeCurrency!, row.FeeRules!) : null;

    private static RegisterEntry ToEntry(
        ApplicationRow application,
        IEnumerable<CaseRow> cases,
        IEnumerable<ApprovalRow> approvals,
        IReadOnlyList<PermitRow> permits
    )
    {
        var newest = permits is [.., var last] ? last : null;
        return new(
            application.Id,
            application.State,
            application.Title!,
            application.ApplicantOrg,
            application.Purpose!,
            application.LegalBasis!,
            application.SubmittedAt!.Value,
            application.WithdrawnAt,
            [
                .. cases.Select(row => new RegisteredCase(
                    row.Id,
                    row.Authority,
                    row.Sources,
                    row.OpenedAt,
                    row.PublishedAt is null
                        ? null
                        : new RegisteredDecision(row.Outcome!.Value, row.Reasons!, row.DecidedAt!.Value, row.PublishedAt),
                    row.RevokedAt is null ? null : new RevocationView(row.RevocationReasons!, row.RevokedAt.Value),
                    row.State == CaseState.Withdrawn ? application.WithdrawnAt : null
                )),
            ],
            [
                .. approvals.Select(row => new RegisteredApproval(
                    row.Kind,
                    row.Authority,
                    row.DecidedAt is null
                        ? null
                        : new RegisteredDecision(row.Outcome!.Value, row.Reasons!, row.DecidedAt.Value, row.DecidedAt),
                    row.RevokedAt is null ? null : new RevocationView(row.RevocationReasons!, row.RevokedAt.Value),
                    row.WithdrawnAt
                )),
            ],
            newest?.Lineage,
            newest?.Spe,
            newest?.FromAt,
            newest?.ToAt,
            [.. permits.Select(row => new RegisteredPermit(row.Version, row.Digest, row.Sources, row.IssuedAt, FeeOf(row)))],
            newest?.RevokedAt,
            newest?.DeletedAt,
            newest?.ShreddedAt
        );
    }
}

/// <summary>An application in the public register, with its permit from the first version to the end.</summary>
/// <param name="Application">Its id.</param>
/// <param name="State">Where it stands.</param>
/// <param name="Title">As the applicant wrote it for the public.</param>
/// <param name="Organisation">The applicant's organisation number.</param>
/// <param name="Purpose">EHDS 53(1).</param>
/// <param name="LegalBasis">GDPR 6(1).</param>
/// <param name="SubmittedAt">When it came.</param>
/// <param name="WithdrawnAt">When the applicant took it back; what was granted before stands.</param>
/// <param name="Cases">One for each authority.</param>
/// <param name="Approvals">What its sources need besides.</param>
/// <param name="Lineage">Of the permit; null while there is none, as with what follows.</param>
/// <param name="Spe">The environment.</param>
/// <param name="From">In force from.</param>
/// <param name="To">In force until.</param>
/// <param name="Permits">Every signed version.</param>
/// <param name="RevokedAt">When its last decision was taken back.</param>
/// <param name="DeletedAt">When the environment proved that it had deleted everything.</param>
/// <param name="ShreddedAt">When the lineage's key was shredded.</param>
public sealed record RegisterEntry(
    Guid Application,
    ApplicationState State,
    string Title,
    string Organisation,
    string Purpose,
    string LegalBasis,
    DateTimeOffset SubmittedAt,
    DateTimeOffset? WithdrawnAt,
    IReadOnlyList<RegisteredCase> Cases,
    IReadOnlyList<RegisteredApproval> Approvals,
    string? Lineage,
    string? Spe,
    DateTimeOffset? From,
    DateTimeOffset? To,
    IReadOnlyList<RegisteredPermit> Permits,
    DateTimeOffset? RevokedAt,
    DateTimeOffset? DeletedAt,
    DateTimeOffset? ShreddedAt
);

/// <summary>An authority's case; its decision once there is one.</summary>
public sealed record RegisteredCase(
    Guid Case,
    string Authority,
    IReadOnlyList<string> Sources,
    DateTimeOffset OpenedAt,
    RegisteredDecision? Decision,
    RevocationView? Revocation,
    DateTimeOffset? WithdrawnAt
);

/// <summary>An approval that sources need; its decision once there is one.</summary>
public sealed record RegisteredApproval(
    string Kind,
    string Authority,
    RegisteredDecision? Decision,
    RevocationView? Revocation,
    DateTimeOffset? WithdrawnAt
);

/// <summary>A decision with its reasons.</summary>
public sealed record RegisteredDecision(Outcome Outcome, string Reasons, DateTimeOffset DecidedAt, DateTimeOffset? PublishedAt);

/// <summary>A signed version of a permit, with the fee that it names.</summary>
public sealed record RegisteredPermit(int Version, string Digest, IReadOnlyList<string> Sources, DateTimeOffset IssuedAt, PermitFee? Fee);
