using HealthDataNode.Audit.Persistence;
using HealthDataNode.ServiceDefaults.Identity;
using HealthDataNode.ServiceDefaults.Problems;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HealthDataNode.Audit.Features;

/// <summary>The entries, page by page, for the auditor.</summary>
public static class GetEntries
{
    private const int LargestPage = 500;

    /// <param name="Entries">In order of the chain.</param>
    /// <param name="Next">Value of <c>after</c> for the next page; absent at the end.</param>
    public sealed record Response(IReadOnlyList<Item> Entries, long? Next);

    /// <param name="Sequence">Place in the chain, from 1.</param>
    /// <param name="Publisher">Who says so.</param>
    /// <param name="Number">The publisher's running number.</param>
    /// <param name="MessageId">The publisher's id.</param>
    /// <param name="Contract">Kind of fact.</param>
    /// <param name="OccurredAt">When, UTC.</param>
    /// <param name="RecordedAt">When it came here, UTC.</param>
    /// <param name="Payload">Byte for byte as it came.</param>
    /// <param name="PreviousHash">Hex SHA-256 of the entry before.</param>
    /// <param name="Hash">Hex SHA-256 of this entry.</param>
    public sealed record Item(
        long Sequence,
        string Publisher,
        long? Number,
        Guid MessageId,
        string Contract,
        DateTimeOffset OccurredAt,
        DateTimeOffset RecordedAt,
        string Payload,
        string PreviousHash,
        string Hash
    );

    /// <summary>GET /v1/entries?after=&amp;limit=.</summary>
    public static void Map(RouteGroupBuilder api) =>
        api.MapGet("/entries", Handle)
            .ForRole("auditor")
            .WithSummary("Entries after a place in the chain")
            .ProducesProblem(400)
            .ProducesProblem(401)
            .ProducesProblem(403);

    private static async Task<Results<Ok<Response>, ProblemHttpResult>> Handle(
        AuditDb db,
        CancellationToken cancellationToken,
        long after = 0,
        int limit = 100
    )
    {
        if (limit is < 1 or > LargestPage)
        {
            return Problem.Invalid(new Dictionary<string, string[]> { ["limit"] = [$"is not between 1 and {LargestPage}"] });
        }
        var page = await db
            .Entries.AsNoTracking()
            .Where(e => e.Sequence > after)
            .OrderBy(e => e.Sequence)
            .Take(limit)
            .ToListAsync(cancellationToken);
        var items = page.ConvertAll(e => new Item(
            e.Sequence,
            e.Publisher,
            e.Number,
            e.MessageId,
            e.Contract,
            e.OccurredAt,
            e.RecordedAt,
            e.Payload,
            Convert.ToHexStringLower(e.PreviousHash),
            Convert.ToHexStringLower(e.Hash)
        ));
        return TypedResults.Ok(new Response(items, items.Count == limit ? items[^1].Sequence : null));
    }
}
