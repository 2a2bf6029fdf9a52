using System.Security.Claims;
using System.Text;
using HealthDataNode.Permit.Domain;
using HealthDataNode.Permit.Persistence;
using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Trust;
using HealthDataNode.ServiceDefaults.Identity;
using HealthDataNode.ServiceDefaults.Messaging;
using HealthDataNode.ServiceDefaults.Problems;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using Facts = HealthDataNode.Permit.Contracts.V1;

namespace HealthDataNode.Permit.Features;

/// <summary>
/// An SPE says what left a room, in a record signed by the key that the permit pins (EHDS 73(2)). Kept for good, once: the
/// same record again changes nothing. A voter whom the permit names raises an alarm (55(3)).
/// </summary>
public static class RecordRelease
{
    private const string Jose = "application/jose";

    internal static void Map(IEndpointRouteBuilder routes) =>
        routes
            .MapPost("/permits/{lineage}/releases", Handle)
            .ForRole("spe")
            .ForAnyParty()
            .Accepts<string>(Jose)
            .WithName("RecordRelease")
            .WithSummary("The signed record of results that left a room, by its SPE")
            .WithTags("Releases");

    private static async Task<Results<NoContent, ProblemHttpResult>> Handle(
        string lineage,
        HttpRequest request,
        ClaimsPrincipal user,
        PermitDb database,
        TrustStore trust,
        IEventOutbox outbox,
        CancellationToken cancellationToken
    )
    {
        var party = user.Party()!;
        var versions = await database
            .Permits.AsNoTracking()
            .Where(row => row.Lineage == lineage && row.Spe == party)
            .ToListAsync(cancellationToken);
        if (versions.Count == 0)
        {
            return Problem.NotFound("permit");
        }
        SignedDocument<Release> record;
        try
        {
            var sent = Jws.Read(await ReadAsync(request, cancellationToken));
            // Its answer was lost: it stands, also where the key has ended since.
            if (await database.Releases.AnyAsync(row => row.Lineage == lineage && row.Digest == sent.Digest, cancellationToken))
            {
                return TypedResults.NoContent();
            }
            record = trust.Verify<Release>(sent.Text, party);
        }
        catch (DocumentRefusedException refused)
        {
            return Problem.Of(
                422,
                "document-refused",
                "The record is refused",
                $"{refused.Message} Sign it with the key that the permit pins."
            );
        }
        var says = record.Payload;
        // Any version: what was released under one that has a successor was released all the same.
        if (
            says.Lineage != lineage
            || versions.SingleOrDefault(row => row.Digest == says.Permit) is not { } named
            || !trust.IsPinned(record.Kid, PermitWriting.Read(named.Document).Spe)
        )
        {
            return Problem.Of(
                422,
                "document-refused",
                "The record is refused",
                "It must name this lineage and a version of its permit, and be signed by the key that this version pins."
            );
        }
        if (await database.Releases.AnyAsync(row => row.Lineage == lineage && row.Request == says.Request, cancellationToken))
        {
            return Problem.Conflict(
                "another-release",
                "This request has another record",
                "What left a room is recorded once; send the record that was sent, or a new request's."
            );
        }
        var at = DateTimeOffset.FromUnixTimeSeconds(says.At);
        database.Add(
            new ReleaseRow
            {
                Digest = record.Digest,
                Lineage = lineage,
                Request = says.Request,
                Document = record.Text,
                ReleasedAt = at,
            }
        );
        outbox.Enqueue(new Facts.ReleaseRecorded(lineage, party, record.Digest, at));
        // It has left, so it is recorded as it was; that whoever asked or works with it judged it is an alarm.
        var persons = versions
            .Select(row => PermitWriting.Read(row.Document))
            .SelectMany(p => p.Persons.Append(p.Applicant.Sub))
            .ToHashSet();
        if (says.Votes.Any(vote => persons.Contains(vote.Sub)))
        {
            outbox.Enqueue(new Facts.ReleaseJudgedByParticipant(lineage, party, record.Digest));
        }
        try
        {
            await database.SaveChangesAsync(cancellationToken);
        }
        catch (DbUpdateException exception)
            when (exception.InnerException is PostgresException { SqlState: PostgresErrorCodes.UniqueViolation })
        {
            // Sent twice at once: whoever repeats it is told which of the two it was.
            return Answers.ChangedMeanwhile();
        }
        return TypedResults.NoContent();
    }

    private static async Task<string> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        using var reader = new StreamReader(request.Body, Encoding.ASCII);
        var buffer = new char[Jws.MaximumLength + 1];
        var read = await reader.ReadBlockAsync(buffer, cancellationToken);
        return new string(buffer, 0, read).Trim();
    }
}
