using System.Security.Claims;
using HealthDataNode.Permit.Domain.Policy;
using HealthDataNode.Permit.Persistence;
using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Trust;
using HealthDataNode.ServiceDefaults.Identity;
using HealthDataNode.ServiceDefaults.Problems;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HealthDataNode.Permit.Features;

/// <summary>A party asks in which state the permits are that it holds something open for; the answer is its lease.</summary>
public static class CheckStates
{
    private const int MostLineages = 1000;

    /// <summary>The caller's own nonce, echoed in the answer, and what it asks for.</summary>
    public sealed record Request(string Nonce, IReadOnlyList<string> Lineages);

    internal static void Map(IEndpointRouteBuilder routes) =>
        routes
            .MapPost("/state-checks", Handle)
            .ForAnyParty()
            .WithName("CheckStates")
            .WithSummary("The states of permits, signed, good for seconds")
            .WithTags("Leases")
            .Produces<string>(StatusCodes.Status200OK, "application/jose");

    private static async Task<Results<ContentHttpResult, ProblemHttpResult>> Handle(
        Request request,
        ClaimsPrincipal user,
        PermitDb database,
        DocumentSigner signer,
        PolicyProfile profile,
        TimeProvider time,
        CancellationToken cancellationToken
    )
    {
        if (LeaseQuestion.Wrong(request.Nonce, request.Lineages, MostLineages) is { } wrong)
        {
            return wrong;
        }
        // Before the rows are read: the answer is never older than the time that it names.
        var now = time.GetUtcNow();
        var rows = await database
            .Permits.AsNoTracking()
            .Where(row => request.Lineages.Contains(row.Lineage))
            .Select(row => new
            {
                row.Lineage,
                row.Version,
                row.Digest,
                row.FromAt,
                row.ToAt,
                row.RevokedAt,
            })
            .ToListAsync(cancellationToken);
        var newest = rows.GroupBy(row => row.Lineage)
            .ToDictionary(versions => versions.Key, versions => versions.MaxBy(row => row.Version)!);
        var states = request.Lineages.Select(lineage =>
            newest.TryGetValue(lineage, out var row)
                ? new LineageState(
                    lineage,
                    row.Version,
                    row.Digest,
                    row.RevokedAt is not null ? LineageStates.Revoked
                        : row.FromAt <= now && now < row.ToAt ? LineageStates.InForce
                        : LineageStates.Expired
                )
                : new LineageState(lineage, 0, null, LineageStates.Unknown)
        );
        var answer = new PermitState
        {
            Caller = user.Party()!,
            Nonce = request.Nonce,
            At = now.ToUnixTimeSeconds(),
            Until = now.ToUnixTimeSeconds() + profile.AnswerSeconds,
            States = [.. states],
        };
        return TypedResults.Text(signer.Sign(answer).Text, "application/jose");
    }
}
