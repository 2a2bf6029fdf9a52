using HealthDataNode.Audit.Domain;
using HealthDataNode.Audit.Heads;
using HealthDataNode.Audit.Persistence;
using HealthDataNode.Protocol.Trust;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HealthDataNode.Audit.Features;

/// <summary>
/// Recomputes the whole chain and compares it with the signed heads. EHDS 73(1)(e).
/// </summary>
/// <remarks>
/// Open here, because the internal listener is for the operator's checks; the Edge lets only an auditor come so far.
/// </remarks>
public static class GetVerification
{
    // It reads the whole log: one at a time is enough.
    private static readonly SemaphoreSlim Turn = new(1);

    /// <param name="Valid">Whether nothing is wrong.</param>
    /// <param name="Entries">How many entries were read.</param>
    /// <param name="Heads">How many signed heads were compared.</param>
    /// <param name="FirstBroken">The fault that comes first in the log; absent when there is none.</param>
    public sealed record Response(bool Valid, long Entries, long Heads, FirstBroken? FirstBroken);

    /// <summary>GET /v1/verification.</summary>
    public static void Map(RouteGroupBuilder api) =>
        api.MapGet("/verification", Handle).AllowAnonymous().WithSummary("Is the log whole?");

    private static async Task<Ok<Response>> Handle(
        AuditDb db,
        TrustStore trust,
        AuditOptions options,
        TimeProvider time,
        CancellationToken cancellationToken
    )
    {
        await Turn.WaitAsync(cancellationToken);
        try
        {
            // The heads first: what is signed by then must be in what is read afterwards.
            var lines = await HeadFile.ReadAsync(options.Directory, cancellationToken);
            var heads = lines.Select(line => SignedHeads.Known(line, trust)).ToList();
            var verification = new Verification(heads, time.GetUtcNow() - options.GapGrace);
            await foreach (
                var entry in db.Entries.AsNoTracking().OrderBy(e => e.Sequence).AsAsyncEnumerable().WithCancellation(cancellationToken)
            )
            {
                verification.Add(entry);
            }
            var broken = verification.Finish();
            return TypedResults.Ok(new Response(broken is null, verification.Entries, heads.Count, broken));
        }
        finally
        {
            Turn.Release();
        }
    }
}
