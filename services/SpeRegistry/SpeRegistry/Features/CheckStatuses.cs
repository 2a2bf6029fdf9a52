using System.Security.Claims;
using System.Text.RegularExpressions;
using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Leases;
using HealthDataNode.Protocol.Trust;
using HealthDataNode.ServiceDefaults.Identity;
using HealthDataNode.ServiceDefaults.Problems;
using HealthDataNode.SpeRegistry.Domain;
using HealthDataNode.SpeRegistry.Persistence;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HealthDataNode.SpeRegistry.Features;

/// <summary>A party asks whether the SPEs are approved that it delivers to, or whether it is itself; the answer is its
/// lease (EHDS 73; architecture §9, row 12).</summary>
public static partial class CheckStatuses
{
    /// <summary>The caller's own nonce, echoed in the answer, and the SPEs that it asks about.</summary>
    public sealed record Request(string Nonce, IReadOnlyList<string> Parties);

    /// <summary>POST /v1/status-checks.</summary>
    public static void Map(RouteGroupBuilder api) =>
        api.MapPost("/status-checks", Handle)
            .ForAnyParty()
            .WithSummary("The statuses of secure processing environments, signed, good for seconds")
            .Produces<string>(StatusCodes.Status200OK, "application/jose")
            .ProducesProblem(400)
            .ProducesProblem(401)
            .ProducesProblem(403);

    private static async Task<Results<ContentHttpResult, ProblemHttpResult>> Handle(
        Request request,
        ClaimsPrincipal user,
        SpeRegistryDb db,
        DocumentSigner signer,
        IConfiguration configuration,
        TimeProvider time,
        CancellationToken cancellationToken
    )
    {
        if (Check(request) is { Count: > 0 } faults)
        {
            return Problem.Invalid(faults);
        }
        // Before the rows are read: the answer is never older than the time that it names.
        var asked = time.GetUtcNow();
        var rows = await db
            .Environments.AsNoTracking()
            .Where(environment => request.Parties.Contains(environment.Party))
            .Select(environment => new
            {
                environment.Party,
                environment.Version,
                Newest = db.Rulings.Where(r => r.Party == environment.Party).OrderByDescending(r => r.Number).FirstOrDefault(),
            })
            .ToDictionaryAsync(row => row.Party, cancellationToken);
        // And the approval is judged after: one that ended while we read has ended.
        var now = time.GetUtcNow();
        var answer = new SpeState
        {
            Caller = user.Party()!,
            Nonce = request.Nonce,
            At = asked.ToUnixTimeSeconds(),
            Until = UntilOf(asked + configuration.LeaseTime(), rows.Values.Select(row => row.Newest), now),
            States =
            [
                .. request.Parties.Select(party =>
                    rows.TryGetValue(party, out var row)
                        ? new SpeStatus(party, row.Version, StatusOf(row.Newest, now))
                        : new SpeStatus(party, 0, SpeStatuses.Unknown)
                ),
            ],
        };
        return TypedResults.Text(signer.Sign(answer).Text, "application/jose");
    }

    // No lease outlives the approval that it stands on: from that second on nothing is delivered.
    private static long UntilOf(DateTimeOffset latest, IEnumerable<Ruling?> rulings, DateTimeOffset now) =>
        rulings
            .Select(ruling => ruling?.Until)
            .Where(until => until > now)
            .Select(until => until!.Value.ToUnixTimeSeconds())
            .Append(latest.ToUnixTimeSeconds())
            .Min();

    // What was never approved stands as what has run out.
    private static string StatusOf(Ruling? newest, DateTimeOffset now) =>
        SpeEnvironment.StatusAt(now, isDeclared: true, newest) switch
        {
            EnvironmentStatus.Approved => SpeStatuses.Approved,
            EnvironmentStatus.Suspended => SpeStatuses.Suspended,
            _ => SpeStatuses.Lapsed,
        };

    private static Dictionary<string, string[]> Check(Request request)
    {
        var faults = new Dictionary<string, string[]>();
        if (!Nonce().IsMatch(request.Nonce))
        {
            faults["nonce"] = ["Send 16 to 128 random characters of base64url."];
        }
        if (
            request.Parties.Count > LeaseBook.MostIds
            || request.Parties.Distinct().Count() != request.Parties.Count
            || request.Parties.Any(party => party is null || !Party().IsMatch(party))
        )
        {
            faults["parties"] = [$"Send at most {LeaseBook.MostIds} party ids, each once."];
        }
        return faults;
    }

    // As in the signed document that echoes them.
    [GeneratedRegex(@"^[A-Za-z0-9_-]{16,128}\z")]
    private static partial Regex Nonce();

    [GeneratedRegex(@"^[a-z][a-z0-9-]{0,39}\z")]
    private static partial Regex Party();
}
