using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Trust;
using HealthDataNode.ServiceDefaults.Identity;
using HealthDataNode.ServiceDefaults.Messaging;
using HealthDataNode.ServiceDefaults.Problems;
using HealthDataNode.SpeRegistry.Contracts.V1;
using HealthDataNode.SpeRegistry.Domain;
using HealthDataNode.SpeRegistry.Persistence;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HealthDataNode.SpeRegistry.Features;

/// <summary>An SPE says where it is reached and what its encryption key is, signed by its own signing key.</summary>
public static class PutEndpoints
{
    /// <summary>What the SPE says.</summary>
    public sealed record Request
    {
        /// <summary>Name, at most 200 characters.</summary>
        public string Name { get; init; } = "";

        /// <summary>Organisation number of its operator, nine digits; it cannot change.</summary>
        public string Org { get; init; } = "";

        /// <summary>Where deliveries go; https.</summary>
        public string IngressUrl { get; init; } = "";

        /// <summary>Where a person signs in; https.</summary>
        public string DoorUrl { get; init; } = "";

        /// <summary>A spe-key JWS.</summary>
        public string EncryptionKey { get; init; } = "";
    }

    /// <summary>PUT /v1/environments/{party}/endpoints.</summary>
    public static void Map(RouteGroupBuilder api) =>
        api.MapPut("/environments/{party}/endpoints", Handle)
            .ForRole("spe")
            .WithSummary("An SPE registers its own endpoints and encryption key")
            .ProducesProblem(400)
            .ProducesProblem(401)
            .ProducesProblem(403)
            .ProducesProblem(404)
            .ProducesProblem(409);

    private static async Task<Results<Ok<EnvironmentView>, ProblemHttpResult>> Handle(
        string party,
        Request request,
        HttpContext http,
        SpeRegistryDb db,
        IEventOutbox outbox,
        TrustStore trust,
        TimeProvider time,
        CancellationToken cancellationToken
    )
    {
        if (http.User.Party() != party)
        {
            return Problem.NotFound("environment");
        }
        if (Check(request) is { Count: > 0 } faults)
        {
            return Problem.Invalid(faults);
        }
        SpeKey key;
        try
        {
            key = trust.Verify<SpeKey>(request.EncryptionKey, party).Payload;
        }
        catch (DocumentRefusedException refused)
        {
            return Problem.Of(400, "document-refused", "The encryption key was refused", refused.Message);
        }
        var now = time.GetUtcNow();
        if (!key.IsInForce(now))
        {
            return Problem.Of(400, "key-not-in-force", "The encryption key is not in force", "Sign a key whose dates hold now.");
        }
        var environment = await db.Environments.SingleOrDefaultAsync(e => e.Party == party, cancellationToken);
        if (environment is not null && Conflict(environment, request, key) is { } conflict)
        {
            return conflict;
        }
        if (environment is null || Differs(environment, request, key))
        {
            environment = Change(db, environment, party, request, key, now);
            outbox.Enqueue(new EnvironmentRegistered(party, environment.Version, environment.Org, now));
            if (!await db.TrySaveAsync(cancellationToken))
            {
                return SavingExtensions.ChangedMeanwhile();
            }
        }
        var isDeclared = await db.Declarations.AnyAsync(d => d.Party == party, cancellationToken);
        return TypedResults.Ok(
            EnvironmentView.Of(environment, isDeclared, await db.NewestRulingAsync(party, cancellationToken), trust, time.GetUtcNow())
        );
    }

    private static Dictionary<string, string[]> Check(Request request)
    {
        var faults = new Dictionary<string, string[]>();
        if (string.IsNullOrWhiteSpace(request.Name) || request.Name.Length > 200 || request.Name.Any(char.IsControl))
        {
            faults["name"] = ["must be text of at most 200 characters"];
        }
        if (request.Org.Length != 9 || !request.Org.All(char.IsAsciiDigit))
        {
            faults["org"] = ["must be nine digits"];
        }
        foreach (var (field, url) in new[] { ("ingressUrl", request.IngressUrl), ("doorUrl", request.DoorUrl) })
        {
            if (!IsEndpoint(url))
            {
                faults[field] = ["must be an https address without user, query and fragment"];
            }
        }
        return faults;
    }

    private static bool IsEndpoint(string url) =>
        url.Length <= 500
        && Uri.TryCreate(url, UriKind.Absolute, out var uri)
        && uri.Scheme == Uri.UriSchemeHttps
        && uri is { UserInfo: "", Query: "", Fragment: "" };

    private static ProblemHttpResult? Conflict(SpeEnvironment environment, Request request, SpeKey key)
    {
        if (environment.Org != request.Org)
        {
            return Problem.Conflict(
                "org-fixed",
                "The operator cannot change",
                "An SPE of another operator is another party: register it as such."
            );
        }
        if (key.Sequence < environment.EncryptionKeySequence)
        {
            return Problem.Conflict("older-key", "A newer encryption key is registered", "Register a key with the next sequence.");
        }
        return key.Sequence == environment.EncryptionKeySequence && key.Key != Read(environment.EncryptionKey).Key
            ? Problem.Conflict("key-differs", "This sequence has another encryption key", "Give a new key the next sequence.")
            : null;
    }

    // Signing again gives another text for the same key: what the document says is what counts.
    private static bool Differs(SpeEnvironment environment, Request request, SpeKey key) =>
        environment.Name != request.Name
        || environment.IngressUrl != request.IngressUrl
        || environment.DoorUrl != request.DoorUrl
        || Read(environment.EncryptionKey) != key;

    private static SpeKey Read(string jws) => System.Text.Json.JsonSerializer.Deserialize(Jws.Read(jws).Payload.Span, SpeKey.Json)!;

    private static SpeEnvironment Change(
        SpeRegistryDb db,
        SpeEnvironment? environment,
        string party,
        Request request,
        SpeKey key,
        DateTimeOffset now
    )
    {
        if (environment is null)
        {
            environment = new SpeEnvironment
            {
                Party = party,
                Name = request.Name,
                Org = request.Org,
                IngressUrl = request.IngressUrl,
                DoorUrl = request.DoorUrl,
                EncryptionKey = request.EncryptionKey,
                EncryptionKeySequence = key.Sequence,
                RegisteredAt = now,
            };
            db.Environments.Add(environment);
        }
        environment.Name = request.Name;
        environment.IngressUrl = request.IngressUrl;
        environment.DoorUrl = request.DoorUrl;
        environment.EncryptionKey = request.EncryptionKey;
        environment.EncryptionKeySequence = key.Sequence;
        environment.Touch(now);
        return environment;
    }
}
