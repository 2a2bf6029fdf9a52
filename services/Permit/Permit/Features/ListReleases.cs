using HealthDataNode.Permit.Persistence;
using HealthDataNode.Protocol.Documents;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HealthDataNode.Permit.Features;

/// <summary>Everything that ever left a room, for everybody: files by digest, rules and votes; without persons.</summary>
public static class ListReleases
{
    private const int PageSize = 100;

    internal static void Map(IEndpointRouteBuilder routes) =>
        routes
            .MapGet("/releases", Handle)
            .AllowAnonymous()
            .WithName("ListReleases")
            .WithSummary("The register of results that left rooms, the newest first; all, or those of one lineage")
            .WithTags("Public");

    private static async Task<Results<Ok<Page<PublicRelease>>, ProblemHttpResult>> Handle(
        PermitDb database,
        CancellationToken cancellationToken,
        string? lineage = null,
        string? after = null
    )
    {
        if (
            (Answers.RequireForm("lineage", lineage, PermitDocument.IsLineage) ?? Answers.RequireForm("after", after, Jws.IsDigest)) is
            { } malformed
        )
        {
            return malformed;
        }
        var last = after is null
            ? null
            : await database.Releases.AsNoTracking().SingleOrDefaultAsync(row => row.Digest == after, cancellationToken);
        var rows = await database
            .Releases.AsNoTracking()
            .Where(row => lineage == null || row.Lineage == lineage)
            .Where(row =>
                last == null
                || row.ReleasedAt < last.ReleasedAt
                || (row.ReleasedAt == last.ReleasedAt && string.Compare(row.Digest, last.Digest) > 0)
            )
            .OrderByDescending(row => row.ReleasedAt)
            .ThenBy(row => row.Digest)
            .Take(PageSize)
            .ToListAsync(cancellationToken);
        return TypedResults.Ok(new Page<PublicRelease>([.. rows.Select(ToItem)], rows.Count == PageSize ? rows[^1].Digest : null));
    }

    // Read from what was signed. The purpose is the requester's own words and the votes name persons: neither is shown.
    private static PublicRelease ToItem(ReleaseRow row)
    {
        var release = KeptDocument.Read<Release>(row.Document).Payload;
        return new PublicRelease(
            row.Digest,
            row.Lineage,
            release.Spe,
            release.Digest,
            [.. release.Files.Select(file => new PublicFile(file.Type, file.Length, file.Sha256))],
            [.. release.Rules.Select(rule => new PublicRule(rule.Rule, rule.Outcome))],
            [.. release.Votes.Select(vote => vote.Vote)],
            row.ReleasedAt
        );
    }
}

/// <summary>What left a room.</summary>
/// <param name="Record">Digest of the signed record.</param>
/// <param name="Lineage">The permit's lineage.</param>
/// <param name="Spe">The environment.</param>
/// <param name="Digest">Digest of the files that the votes were over.</param>
/// <param name="Files">The files; their names are the requester's own and are not shown.</param>
/// <param name="Rules">The automatic rules and how they ended.</param>
/// <param name="Votes">The output checkers' votes, without who.</param>
/// <param name="ReleasedAt">When.</param>
public sealed record PublicRelease(
    string Record,
    string Lineage,
    string Spe,
    string Digest,
    IReadOnlyList<PublicFile> Files,
    IReadOnlyList<PublicRule> Rules,
    IReadOnlyList<string> Votes,
    DateTimeOffset ReleasedAt
);

/// <summary>A file by type, length in bytes and SHA-256.</summary>
public sealed record PublicFile(string Type, long Length, string Sha256);

/// <summary>An automatic rule and its outcome.</summary>
public sealed record PublicRule(string Rule, string Outcome);
