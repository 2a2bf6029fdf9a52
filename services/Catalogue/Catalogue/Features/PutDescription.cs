using HealthDataNode.Catalogue.Contracts.V1;
using HealthDataNode.Catalogue.Domain;
using HealthDataNode.Catalogue.Persistence;
using HealthDataNode.ServiceDefaults.Identity;
using HealthDataNode.ServiceDefaults.Messaging;
using HealthDataNode.ServiceDefaults.Problems;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace HealthDataNode.Catalogue.Features;

/// <summary>The holder's editor publishes a source's description; a changed one is the next version. EHDS 60(3), 77.</summary>
public static class PutDescription
{
    // Ten thousand variables in two languages fit.
    private const long LargestBody = 8 * 1024 * 1024;

    /// <param name="Source">The source.</param>
    /// <param name="Version">The version that is now the newest.</param>
    /// <param name="PublishedAt">When it was published, UTC.</param>
    public sealed record Response(string Source, int Version, DateTimeOffset PublishedAt);

    /// <summary>PUT /v1/descriptions/{source}.</summary>
    public static void Map(RouteGroupBuilder api) =>
        api.MapPut("/descriptions/{source}", Handle)
            .ForRole("catalogue-editor")
            .WithMetadata(new RequestSizeLimitAttribute(LargestBody))
            .WithSummary("Publish a description: 201 for a new version, 200 where nothing changed")
            .ProducesProblem(400)
            .ProducesProblem(401)
            .ProducesProblem(403)
            .ProducesProblem(409)
            .ProducesProblem(412);

    private static async Task<Results<Created<Response>, Ok<Response>, ProblemHttpResult>> Handle(
        string source,
        Description description,
        [FromHeader(Name = "If-Match")] string? ifMatch,
        HttpContext http,
        CatalogueDb db,
        IEventOutbox outbox,
        TimeProvider time,
        CancellationToken cancellationToken
    )
    {
        var faults = DescriptionRules.Check(description);
        if (description.Source != source)
        {
            faults["source"] = ["is not the source in the address"];
        }
        if (faults.Count > 0)
        {
            return Problem.Invalid(faults, "invalid-description");
        }
        if (http.User.Org() != description.HolderOrg)
        {
            return NotYours();
        }
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        if (!await OwnsAsync(db, description, cancellationToken))
        {
            return NotYours();
        }
        var previous = await db.Current.SingleOrDefaultAsync(d => d.Source == source, cancellationToken);
        if (ifMatch is not (null or "*") && ifMatch != ETag(previous?.Version ?? 0))
        {
            return Problem.Of(
                412,
                "version-differs",
                "Another version is the newest",
                "Read the description again and apply your change to it."
            );
        }
        if (previous is not null && previous.Body == StoredDescription.BodyOf(description))
        {
            http.Response.Headers.ETag = ETag(previous.Version);
            return TypedResults.Ok(ResponseOf(previous));
        }
        var next = StoredDescription.After(previous, description, http.User.Sub(), time.GetUtcNow());
        db.Descriptions.Add(next);
        outbox.Enqueue(new DescriptionPublished(source, next.Holder, next.Version, next.PublishedAt));
        try
        {
            await db.SaveChangesAsync(cancellationToken);
        }
        catch (DbUpdateException exception) when (exception.InnerException is PostgresException { SqlState: "23505" })
        {
            return Problem.Conflict(
                "changed-meanwhile",
                "Somebody published this source just now",
                "Read the description again and repeat."
            );
        }
        await transaction.CommitAsync(cancellationToken);
        http.Response.Headers.ETag = ETag(next.Version);
        return TypedResults.Created($"/v1/descriptions/{source}", ResponseOf(next));
    }

    /// <summary>The entity tag of a version.</summary>
    internal static string ETag(int version) => $"\"{version}\"";

    private static Response ResponseOf(StoredDescription stored) => new(stored.Source, stored.Version, stored.PublishedAt);

    private static ProblemHttpResult NotYours() =>
        Problem.Forbidden(
            "not-your-organisation",
            "The source or its holder belongs to another organisation",
            "An editor publishes for the organisation that holds the data: holderOrg must be your own, and source and holder not another's."
        );

    // The first organisation that publishes a source, or under a holder's name, keeps it.
    private static async Task<bool> OwnsAsync(CatalogueDb db, Description description, CancellationToken cancellationToken)
    {
        var (source, holder, org) = (description.Source, description.Holder, description.HolderOrg);
        await db.Database.ExecuteSqlAsync(
            $"""
            INSERT INTO catalogue.sources (source, holder_org) VALUES ({source}, {org}) ON CONFLICT DO NOTHING;
            INSERT INTO catalogue.holders (holder, holder_org) VALUES ({holder}, {org}) ON CONFLICT DO NOTHING
            """,
            cancellationToken
        );
        var owners = await db
            .Database.SqlQuery<string>(
                $"""
                SELECT holder_org AS "Value" FROM catalogue.sources WHERE source = {source}
                UNION ALL SELECT holder_org FROM catalogue.holders WHERE holder = {holder}
                """
            )
            .ToListAsync(cancellationToken);
        return owners.TrueForAll(owner => owner == org);
    }
}
