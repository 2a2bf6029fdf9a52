using HealthDataNode.Audit.Domain;
using HealthDataNode.Audit.Heads;
using HealthDataNode.Audit.Persistence;
using HealthDataNode.Protocol.Trust;
using HealthDataNode.ServiceDefaults.Problems;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HealthDataNode.Audit.Features;

/// <summary>
/// Recomputes the whole chain and compares it with the signed heads. EHDS 73(1)(e).
/// </summary>
/// <remarks>
/// Open to the operator's checks, which come straight to the internal listener; what the Edge forwards (it says so in
/// <c>X-Forwarded-For</c>, and nobody outside can take that away) must be an auditor's.
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
        api.MapGet("/verification", Handle)
            .AllowAnonymous()
            .AddEndpointFilter(
                async (invocation, next) => Refusal(invocation.HttpContext) is { } refusal ? refusal : await next(invocation)
            )
            .WithSummary("Is the log whole? From outside for auditors alone")
            .ProducesProblem(401)
            .ProducesProblem(403);

    private static ProblemHttpResult? Refusal(HttpContext http) =>
        !http.Request.Headers.ContainsKey("X-Forwarded-For") || http.User.IsInRole("auditor") ? null
        : http.User.Identity?.IsAuthenticated == true ? Problem.Forbidden("forbidden", "Forbidden", "Your role does not allow this call.")
        : Problem.Of(401, "unauthenticated", "Unauthorized", "Send an access token for this API that has not expired.");

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
            return TypedResults.Ok(await VerifyAsync(db, trust, options, time, cancellationToken));
        }
        finally
        {
            Turn.Release();
        }
    }

    /// <summary>Verifies the log, whoever asks; also for <c>./check audit</c> on a node that is stopped.</summary>
    internal static async Task<Response> VerifyAsync(
        AuditDb db,
        TrustStore trust,
        AuditOptions options,
        TimeProvider time,
        CancellationToken cancellationToken
    )
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
        return new Response(broken is null, verification.Entries, heads.Count, broken);
    }
}
