using HealthDataNode.Audit.Domain;
using HealthDataNode.Audit.Persistence;
using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Trust;
using HealthDataNode.ServiceDefaults.Identity;
using HealthDataNode.ServiceDefaults.Problems;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HealthDataNode.Audit.Features;

/// <summary>A party outside (an SPE, a holder) adds an entry that it signed; the same one again changes nothing.</summary>
public static class PostEntry
{
    private const int LargestEntry = 16 * 1024;

    /// <param name="Sequence">The entry's place in the chain.</param>
    /// <param name="Hash">Hex SHA-256 of the entry.</param>
    public sealed record Response(long Sequence, string Hash);

    /// <summary>POST /v1/entries.</summary>
    public static void Map(RouteGroupBuilder api) =>
        api.MapPost("/entries", Handle)
            .ForAnyParty()
            .Accepts<string>("application/jose")
            .WithSummary("Add an entry signed by a party outside the node (typ audit-entry+jwt)")
            .ProducesProblem(400)
            .ProducesProblem(401)
            .ProducesProblem(403)
            .ProducesProblem(409);

    private static async Task<Results<Ok<Response>, Created<Response>, ProblemHttpResult>> Handle(
        HttpContext http,
        AuditDb db,
        Chain chain,
        TrustStore trust,
        CancellationToken cancellationToken
    )
    {
        if (await BodyAsync(http.Request, cancellationToken) is not { } text)
        {
            return Problem.Of(413, "too-large", "The entry is too large", $"Send an entry of at most {LargestEntry} bytes.");
        }
        SignedDocument<AuditEntry> signed;
        try
        {
            signed = trust.Verify<AuditEntry>(text, http.User.Party()!);
        }
        catch (DocumentRefusedException refused)
        {
            return Problem.Of(400, "document-refused", "The entry was refused", refused.Message);
        }
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        await chain.LockAsync(cancellationToken);
        var (party, id) = (signed.Payload.Party, signed.Payload.Id);
        var known = await db.Entries.AsNoTracking().SingleOrDefaultAsync(e => e.Publisher == party && e.MessageId == id, cancellationToken);
        if (known is not null)
        {
            // ECDSA signs the same text differently each time: what is compared is what was signed.
            return Jws.Read(known.Payload).Digest == signed.Digest
                ? TypedResults.Ok(ResponseOf(known))
                : Problem.Conflict("entry-differs", "This id has another entry", "Give each entry an id of its own.");
        }
        if (
            signed.Payload.Number is { } number
            && await db.Entries.AnyAsync(e => e.Publisher == party && e.Number == number, cancellationToken)
        )
        {
            return Problem.Conflict("number-taken", "This number has another entry", "Number your entries without repeating one.");
        }
        var entry = await chain.AppendAsync(
            new Fact(
                party,
                signed.Payload.Number,
                id,
                $"{party}.{signed.Payload.Action}",
                DateTimeOffset.FromUnixTimeSeconds(signed.Payload.At),
                signed.Text
            ),
            cancellationToken
        );
        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return TypedResults.Created($"/v1/entries?after={entry.Sequence - 1}&limit=1", ResponseOf(entry));
    }

    private static Response ResponseOf(Entry entry) => new(entry.Sequence, Convert.ToHexStringLower(entry.Hash));

    private static async Task<string?> BodyAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        var buffer = new char[LargestEntry + 1];
        using var reader = new StreamReader(request.Body);
        var length = await reader.ReadBlockAsync(buffer, cancellationToken);
        return length > LargestEntry ? null : new string(buffer, 0, length).Trim();
    }
}
