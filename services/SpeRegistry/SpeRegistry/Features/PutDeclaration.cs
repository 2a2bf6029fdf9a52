using HealthDataNode.ServiceDefaults.Identity;
using HealthDataNode.ServiceDefaults.Messaging;
using HealthDataNode.ServiceDefaults.Problems;
using HealthDataNode.SpeRegistry.Contracts.V1;
using HealthDataNode.SpeRegistry.Criteria;
using HealthDataNode.SpeRegistry.Domain;
using HealthDataNode.SpeRegistry.Persistence;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HealthDataNode.SpeRegistry.Features;

/// <summary>The operator answers every criterion (EHDS 73; self-declaration).</summary>
public static class PutDeclaration
{
    /// <param name="CriteriaVersion">Version of the criteria that is answered.</param>
    /// <param name="Answers">One for each criterion, in any order.</param>
    public sealed record Request(string CriteriaVersion, IReadOnlyList<CriterionAnswer> Answers);

    /// <param name="Party">The SPE.</param>
    /// <param name="Number">The declaration's number, from 1.</param>
    /// <param name="DeclaredAt">When, UTC.</param>
    /// <param name="Unmet">Required criteria that are not met: approval must wait for them.</param>
    public sealed record Response(string Party, int Number, DateTimeOffset DeclaredAt, IReadOnlyList<string> Unmet);

    /// <summary>PUT /v1/environments/{party}/declaration.</summary>
    public static void Map(RouteGroupBuilder api) =>
        api.MapPut("/environments/{party}/declaration", Handle)
            .ForRole("spe-operator")
            .WithSummary("The operator declares how the environment meets every criterion")
            .ProducesProblem(400)
            .ProducesProblem(401)
            .ProducesProblem(403)
            .ProducesProblem(404)
            .ProducesProblem(409);

    private static async Task<Results<Ok<Response>, ProblemHttpResult>> Handle(
        string party,
        Request request,
        HttpContext http,
        SpeRegistryDb db,
        IEventOutbox outbox,
        TimeProvider time,
        CancellationToken cancellationToken
    )
    {
        if (await db.Environments.SingleOrDefaultAsync(e => e.Party == party, cancellationToken) is not { } environment)
        {
            return Problem.NotFound("environment");
        }
        if (http.User.Org() != environment.Org)
        {
            return Problem.Forbidden(
                "not-your-organisation",
                "The environment belongs to another organisation",
                "An operator declares for the organisation that runs the environment."
            );
        }
        var now = time.GetUtcNow();
        var criteria = CriteriaFile.InForce;
        var faults = Declaration.Check(criteria, request.CriteriaVersion, request.Answers, DateOnly.FromDateTime(now.UtcDateTime));
        if (faults.Count > 0)
        {
            return Problem.Invalid(faults, "incomplete-declaration");
        }
        var previous = await db.NewestDeclarationAsync(party, cancellationToken);
        var answers = Declaration.TextOf(criteria, request.Answers);
        if (previous is not null && previous.CriteriaVersion == criteria.Version && previous.Answers == answers)
        {
            return TypedResults.Ok(ResponseOf(previous, criteria));
        }
        var declaration = new Declaration
        {
            Party = party,
            Number = (previous?.Number ?? 0) + 1,
            CriteriaVersion = criteria.Version,
            Answers = answers,
            DeclaredAt = now,
            DeclaredBy = http.User.Sub(),
        };
        db.Declarations.Add(declaration);
        environment.Touch(now);
        outbox.Enqueue(new EnvironmentDeclared(party, environment.Version, declaration.Number, criteria.Version, now));
        return await db.TrySaveAsync(cancellationToken)
            ? TypedResults.Ok(ResponseOf(declaration, criteria))
            : SavingExtensions.ChangedMeanwhile();
    }

    private static Response ResponseOf(Declaration declaration, CriteriaSet criteria) =>
        new(declaration.Party, declaration.Number, declaration.DeclaredAt, declaration.Unmet(criteria));
}
