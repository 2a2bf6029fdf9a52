using HealthDataNode.Protocol.Trust;
using HealthDataNode.ServiceDefaults.Identity;
using HealthDataNode.ServiceDefaults.Problems;
using HealthDataNode.SpeRegistry.Domain;
using HealthDataNode.SpeRegistry.Persistence;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HealthDataNode.SpeRegistry.Features;

/// <summary>What approving and suspending have in common: an auditor who is not of the environment's organisation.</summary>
public sealed class Auditing(SpeRegistryDb db, TrustStore trust, TimeProvider time, IHttpContextAccessor http)
{
    /// <summary>The environment and its newest declaration, or the problem.</summary>
    public async Task<(SpeEnvironment? Environment, Declaration? Declaration, ProblemHttpResult? Problem)> BeginAsync(
        string party,
        string reasons,
        CancellationToken cancellationToken
    )
    {
        if (string.IsNullOrWhiteSpace(reasons) || reasons.Length > 4000 || reasons.Contains('\0'))
        {
            var fault = new Dictionary<string, string[]> { ["reasons"] = ["must be text of at most 4000 characters"] };
            return (null, null, Problem.Invalid(fault));
        }
        if (await db.Environments.SingleOrDefaultAsync(e => e.Party == party, cancellationToken) is not { } environment)
        {
            return (null, null, Problem.NotFound("environment"));
        }
        if (http.HttpContext!.User.Org() is not { Length: 9 } org || org == environment.Org)
        {
            return (
                null,
                null,
                Problem.Forbidden(
                    "own-environment",
                    "An auditor cannot judge the own organisation's environment",
                    "An auditor of another organisation must do this."
                )
            );
        }
        return await db.NewestDeclarationAsync(party, cancellationToken) is { } declaration
            ? (environment, declaration, null)
            : (null, null, Problem.Conflict("not-declared", "Nothing has been declared", "The operator must declare first."));
    }

    /// <summary>The ruling, written into the context; the same as the newest one again changes nothing (null).</summary>
    public async Task<Ruling?> AddAsync(
        SpeEnvironment environment,
        Declaration declaration,
        RulingKind kind,
        DateTimeOffset? until,
        string reasons,
        CancellationToken cancellationToken
    )
    {
        var user = http.HttpContext!.User;
        var newest = await db.NewestRulingAsync(environment.Party, cancellationToken);
        if (
            newest is not null
            && (newest.Kind, newest.Until, newest.Reasons, newest.Declaration, newest.RuledBy)
                == (kind, until, reasons, declaration.Number, user.Sub())
        )
        {
            return null;
        }
        var ruling = new Ruling
        {
            Party = environment.Party,
            Number = (newest?.Number ?? 0) + 1,
            Kind = kind,
            Declaration = declaration.Number,
            Until = until,
            Reasons = reasons,
            RuledAt = time.GetUtcNow(),
            RuledBy = user.Sub(),
            RuledByOrg = user.Org()!,
        };
        db.Rulings.Add(ruling);
        environment.Touch(ruling.RuledAt);
        return ruling;
    }

    /// <summary>Saves and answers with the environment as it is now.</summary>
    public async Task<Results<Ok<EnvironmentView>, ProblemHttpResult>> FinishAsync(
        SpeEnvironment environment,
        CancellationToken cancellationToken
    ) =>
        await db.TrySaveAsync(cancellationToken)
            ? TypedResults.Ok(
                EnvironmentView.Of(
                    environment,
                    true,
                    await db.NewestRulingAsync(environment.Party, cancellationToken),
                    trust,
                    time.GetUtcNow()
                )
            )
            : SavingExtensions.ChangedMeanwhile();
}
