using HealthDataNode.Permit.Domain;
using HealthDataNode.Permit.Persistence;
using HealthDataNode.Protocol.Documents;
using HealthDataNode.ServiceDefaults.Problems;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HealthDataNode.Permit.Features;

/// <summary>The permits in force, for everybody and without persons (EHDS 57(1)(j)(iii), 58(1)).</summary>
public static class ListPermits
{
    private const int PageSize = 100;

    internal static void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet("/permits", Handle).AllowAnonymous().WithName("ListPermits").WithSummary("The permits in force").WithTags("Public");

    private static async Task<Results<Ok<Page<PublicPermit>>, ProblemHttpResult>> Handle(
        PermitDb database,
        TimeProvider time,
        CancellationToken cancellationToken,
        string? after = null
    )
    {
        if (after is not null && !PermitDocument.IsLineage(after))
        {
            return Problem.Invalid(new Dictionary<string, string[]> { ["after"] = ["Send 'next' of the page before."] });
        }
        var now = time.GetUtcNow();
        var rows = await database
            .Permits.AsNoTracking()
            .Where(row => row.RevokedAt == null && row.FromAt <= now && now < row.ToAt)
            .Where(row => after == null || string.Compare(row.Lineage, after) > 0)
            .Where(row => !database.Permits.Any(later => later.Lineage == row.Lineage && later.Version > row.Version))
            .OrderBy(row => row.Lineage)
            .Take(PageSize)
            .ToListAsync(cancellationToken);
        return TypedResults.Ok(new Page<PublicPermit>([.. rows.Select(ToItem)], rows.Count == PageSize ? rows[^1].Lineage : null));
    }

    // The variables are read from the document itself: what the public sees is what was signed.
    private static PublicPermit ToItem(PermitRow row)
    {
        var permit = PermitWriting.Read(row.Document);
        return new PublicPermit(
            row.Lineage,
            row.Version,
            row.Title,
            row.Org,
            row.Purpose,
            row.LegalBasis,
            row.Authorities,
            row.Spe,
            row.IssuedAt,
            row.FromAt,
            row.ToAt,
            [
                .. permit.Sources.Select(source => new PublicSource(
                    source.Source,
                    source.Holder,
                    source.Decision.Authority,
                    [.. source.Columns.Select(column => column.Name)]
                )),
            ]
        );
    }
}

/// <summary>A permit as the public sees it.</summary>
public sealed record PublicPermit(
    string Lineage,
    int Version,
    string Title,
    string Organisation,
    string Purpose,
    string LegalBasis,
    IReadOnlyList<string> Authorities,
    string Spe,
    DateTimeOffset IssuedAt,
    DateTimeOffset From,
    DateTimeOffset To,
    IReadOnlyList<PublicSource> Sources
);

/// <summary>What of a source is permitted, and who decided so.</summary>
public sealed record PublicSource(string Name, string Holder, string Authority, IReadOnlyList<string> Variables);
