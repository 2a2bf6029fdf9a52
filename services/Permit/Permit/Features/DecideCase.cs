using System.Security.Claims;
using System.Security.Cryptography;
using HealthDataNode.Permit.Domain;
using HealthDataNode.Permit.Domain.Policy;
using HealthDataNode.Permit.Neighbours;
using HealthDataNode.Permit.Persistence;
using HealthDataNode.Protocol.Trust;
using HealthDataNode.ServiceDefaults.Idempotency;
using HealthDataNode.ServiceDefaults.Identity;
using HealthDataNode.ServiceDefaults.Messaging;
using HealthDataNode.ServiceDefaults.Problems;
using Microsoft.AspNetCore.Http.HttpResults;
using Facts = HealthDataNode.Permit.Contracts.V1;

namespace HealthDataNode.Permit.Features;

/// <summary>
/// Another person than the preparer decides. Granted: the permit is signed and stored, and its event enqueued, in the
/// same transaction as the decision.
/// </summary>
public static class DecideCase
{
    /// <summary>The decision, with its reasons, which are published.</summary>
    public sealed record Request(Outcome Outcome, string Reasons);

    internal static void Map(IEndpointRouteBuilder routes) =>
        routes.MapPost("/cases/{id:guid}/decision", Handle)
            .ForRole("decision-maker")
            .RequireIdempotencyKey<PermitDb>()
            .WithName("DecideCase")
            .WithSummary("Grant or refuse (Idempotency-Key, If-Match); never by the preparer")
            .WithTags("Cases");

    private static async Task<Results<Ok<CaseDecision>, ProblemHttpResult>> Handle(
        Guid id,
        Request request,
        ClaimsPrincipal user,
        ApplicationStore store,
        Neighbourhood neighbours,
        DocumentSigner signer,
        IEventOutbox outbox,
        TimeProvider time,
        HttpContext http,
        CancellationToken cancellationToken
    )
    {
        var official = user.ToOfficial();
        if (await store.LoadCaseAsync(id, official.Authority, cancellationToken) is not { } application)
        {
            return Problem.NotFound("case");
        }
        if ((Answers.Require("reasons", request.Reasons) ?? http.Precondition(application, required: true)) is { } wrong)
        {
            return wrong;
        }
        var now = time.GetUtcNow();
        var ruling = application.Decide(official, request.Outcome, request.Reasons, now);
        if (ruling.Refusal is { } refusal)
        {
            return refusal.ToProblem();
        }
        IssuedPermit? permit = null;
        if (request.Outcome == Outcome.Granted)
        {
            if (PermitWriting.EndOf(application) <= now)
            {
                return Problem.Conflict("period-over", "The period asked for has ended", "Ask the applicant for another period.");
            }
            EnvironmentFacts? spe;
            try
            {
                spe = await neighbours.EnvironmentAsync(application.Content.Spe!.Party, cancellationToken);
            }
            catch (NeighbourAwayException away)
            {
                return away.ToProblem();
            }
            var why = spe is null ? "The registry has no such environment." : spe.WhyNot(PolicyProfile.Named(application.Case!.Profile), now);
            if (why is not null)
            {
                return Problem.Conflict("environment-not-approved", "The environment cannot be named now", why);
            }
            permit = Sign(application, spe!, signer, now);
        }
        IReadOnlyList<ApplicationEvent> events = permit is null ? ruling.Events : [.. ruling.Events, new PermitIssued(permit)];
        outbox.Enqueue(
            new Facts.CaseDecided(
                application.Id,
                id,
                application.Version + events.Count,
                official.Sub,
                request.Outcome.ToText(),
                permit?.Lineage
            )
        );
        if (permit is not null)
        {
            outbox.Enqueue(
                new Facts.PermitGranted(
                    permit.Lineage,
                    permit.Version,
                    permit.Document,
                    [.. application.Sources.Select(source => source.Source)]
                )
            );
        }
        var decided = await store.AppendAsync(application, application.Id, official.Sub, events, cancellationToken);
        if (decided is null)
        {
            return Answers.ChangedMeanwhile();
        }
        http.SetTag(decided.Version);
        return TypedResults.Ok(
            new CaseDecision(CaseView.Of(decided, decided.Case!, official: true), PermitView.Of(decided))
        );
    }

    private static IssuedPermit Sign(Application application, EnvironmentFacts spe, DocumentSigner signer, DateTimeOffset now)
    {
        // Random, so that nothing about the case can be read from it; lower case, since it names directories.
        var lineage = $"l-{RandomNumberGenerator.GetHexString(20, lowercase: true)}";
        var signed = signer.Sign(PermitWriting.First(application, $"p-{Guid.CreateVersion7():N}", lineage, spe, now));
        return new IssuedPermit(
            lineage,
            signed.Payload.Version,
            signed.Digest,
            signed.Text,
            DateTimeOffset.FromUnixTimeSeconds(signed.Payload.IssuedAt),
            DateTimeOffset.FromUnixTimeSeconds(signed.Payload.From),
            DateTimeOffset.FromUnixTimeSeconds(signed.Payload.To),
            spe.Party
        );
    }
}

/// <summary>A decided case, and the permit where granted.</summary>
public sealed record CaseDecision(CaseView Case, PermitView? Permit);
