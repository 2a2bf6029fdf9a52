using HealthDataNode.Audit.Persistence;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HealthDataNode.Audit.Features;

/// <summary>How many entries there are and the last one's hash: anybody may write it down and compare later.</summary>
public static class GetHead
{
    /// <param name="Entries">How many.</param>
    /// <param name="Hash">Lower-case hex SHA-256 of the last entry; 64 zeros if there is none.</param>
    /// <param name="At">When the last entry came, UTC; absent if there is none.</param>
    public sealed record Response(long Entries, string Hash, DateTimeOffset? At);

    /// <summary>GET /v1/head.</summary>
    public static void Map(RouteGroupBuilder api) => api.MapGet("/head", Handle).AllowAnonymous().WithSummary("Count and hash of the log");

    private static async Task<Ok<Response>> Handle(AuditDb db, CancellationToken cancellationToken)
    {
        var last = await db
            .Entries.AsNoTracking()
            .OrderByDescending(e => e.Sequence)
            .Select(e => new
            {
                e.Sequence,
                e.Hash,
                e.RecordedAt,
            })
            .FirstOrDefaultAsync(cancellationToken);
        return TypedResults.Ok(new Response(last?.Sequence ?? 0, Convert.ToHexStringLower(last?.Hash ?? new byte[32]), last?.RecordedAt));
    }
}
