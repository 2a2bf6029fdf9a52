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

/// <summary>An SPE asks whether a person may enter a workspace now (EHDS 73(1)(a), 61(2)).</summary>
public static class CheckAccess
{
    /// <summary>The SPE's nonce, the workspace and the person at its door.</summary>
    public sealed record Request(string Nonce, string Lineage, string Sub);

    internal static void Map(IEndpointRouteBuilder routes) =>
        routes
            .MapPost("/access-checks", Handle)
            .ForRole("spe")
            .ForAnyParty()
            .WithName("CheckAccess")
            .WithSummary("Whether a person may enter a workspace now, signed, good for seconds")
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
        if ((LeaseQuestion.Wrong(request.Nonce, [request.Lineage], 1) ?? Answers.Require("sub", request.Sub, 200)) is { } wrong)
        {
            return wrong;
        }
        var party = user.Party()!;
        var now = time.GetUtcNow();
        var permit = await database
            .Permits.AsNoTracking()
            .Where(row => row.Lineage == request.Lineage && row.Spe == party)
            .OrderByDescending(row => row.Version)
            .FirstOrDefaultAsync(cancellationToken);
        if (permit is null)
        {
            return Problem.NotFound("permit");
        }
        var answer = new AccessAnswer
        {
            Caller = party,
            Nonce = request.Nonce,
            At = now.ToUnixTimeSeconds(),
            Until = now.ToUnixTimeSeconds() + profile.AnswerSeconds,
            Lineage = permit.Lineage,
            Sub = request.Sub,
            Allowed = permit.RevokedAt is null && permit.FromAt <= now && now < permit.ToAt && permit.Persons.Contains(request.Sub),
            Version = permit.Version,
        };
        return TypedResults.Text(signer.Sign(answer).Text, "application/jose");
    }
}
