using System.Security.Claims;
using HealthDataNode.Protocol;
using HealthDataNode.Protocol.Crypt4Gh;
using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Identifiers;
using HealthDataNode.Protocol.Problems;
using HealthDataNode.Protocol.Pseudonyms;
using HealthDataNode.Protocol.Records;
using HealthDataNode.Protocol.Seals;
using HealthDataNode.Protocol.Trust;
using HealthDataNode.Pseudonymisation.Contracts.V1;
using HealthDataNode.Pseudonymisation.Domain;
using HealthDataNode.Pseudonymisation.Keys;
using HealthDataNode.Pseudonymisation.Leases;
using HealthDataNode.Pseudonymisation.Persistence;
using HealthDataNode.ServiceDefaults.Identity;
using HealthDataNode.ServiceDefaults.Messaging;
using Microsoft.EntityFrameworkCore;

namespace HealthDataNode.Pseudonymisation.Features;

/// <summary>
/// A holder sends identifiers, each once and in ascending order, sealed to Pseudonymisation, and gets person tokens by
/// position, sealed to itself. The same part again is answered again, sealed anew; other bytes are a conflict. What is
/// asked of the caller is only that it is the holder that the permit names: everything else stands in signed documents.
/// </summary>
internal static class Tokenise
{
    /// <summary>The largest sealed part of identifiers: some 760,000 persons.</summary>
    public const int MaxPartBytes = 8 * 1024 * 1024;

    private const int Batch = 16 * 1024;

    public static void Map(IEndpointRouteBuilder orders) =>
        orders
            .MapPost("/tokens/{part:int:min(1)}", HandleAsync)
            .RequireAuthorization(policy => policy.RequireAuthenticatedUser().RequireRole("tokenise").RequireClaim("party"))
            .WithMetadata(new Microsoft.AspNetCore.Mvc.RequestSizeLimitAttribute(MaxPartBytes))
            .WithName("Tokenise")
            .WithSummary("Identifiers to person tokens, sealed both ways");

    private static async Task<IResult> HandleAsync(
        string digest,
        int part,
        HttpContext http,
        ClaimsPrincipal user,
        PseudonymisationDb database,
        TrustStore trust,
        SealVerifier seals,
        SealBuilder sealing,
        PermitGate permits,
        IPermitKeyStore keys,
        NodeKey nodeKey,
        RegisterKey register,
        PersonRegisters registers,
        IEventOutbox outbox,
        TimeProvider time,
        CancellationToken cancellationToken
    )
    {
        var holder = user.Party()!;
        var known = await database.Orders.AsNoTracking().SingleOrDefaultAsync(order => order.Digest == digest, cancellationToken);
        if (known?.Holder != holder)
        {
            return Refused.NoSuchOrder();
        }
        // Over the whole file before any of it is used: Crypt4GH has no mark at its end.
        var sealedPart = await ReadAsync(http.Request, cancellationToken);
        // Now, and not before it came over what may be a slow line.
        if (await permits.RefusalAsync(known, cancellationToken) is { } refusal)
        {
            return refusal;
        }
        SignedDocument<Seal> seal;
        try
        {
            seal = seals.Verify(
                http.Request.Headers["Seal"].ToString(),
                new SealExpectation(SealTypes.Identifiers, holder, Parties.Pseudonymisation, digest, part),
                SealedBytes.Of(sealedPart)
            );
        }
        catch (DocumentRefusedException refused)
        {
            return ProtocolProblem.Of(refused).ToResult();
        }
        if (trust.EncryptionKeyOf(holder) is not { } holderKey)
        {
            return Refused.Problem(
                ProblemTypes.DocumentRefused,
                422,
                "No encryption key",
                "The root has stated no encryption key of yours: be enrolled with one."
            );
        }

        await using var transaction = await database.Database.BeginTransactionAsync(cancellationToken);
        var order = (await database.LockOrderAsync(digest, cancellationToken))!;
        var before = await database
            .Parts.AsNoTracking()
            .Where(earlier => earlier.OrderDigest == digest)
            .OrderBy(earlier => earlier.Part)
            .ToListAsync(cancellationToken);
        var again = before.Find(earlier => earlier.Part == part);
        if (again is not null && again.Sha256 != seal.Payload.Sha256)
        {
            return Refused.PartConflict("part");
        }
        if (order.State == "closed" || order.State != "open" && again is null)
        {
            return Refused.OrderClosed();
        }
        if (again is null && part != before.Count + 1)
        {
            return Refused.Order($"Send part {before.Count + 1} next: parts go on ascending.");
        }
        if (again is null && before.Sum(earlier => earlier.Records) + seal.Payload.Rows > order.Budget)
        {
            // One alarm an order, however often it is tried.
            if (order.BudgetExceededAt is null)
            {
                order.BudgetExceededAt = time.GetUtcNow();
                outbox.Enqueue(new BudgetExceeded(digest, holder, order.BudgetExceededAt.Value));
                await database.SaveChangesAsync(cancellationToken);
                await transaction.CommitAsync(cancellationToken);
            }
            return Refused.Problem(
                ProblemTypes.BudgetExceeded,
                429,
                "The identifier budget is spent",
                "The permit allows this order no more identifiers. Ask the case officer for an amended permit."
            );
        }
        using var permitKey = keys.Find(order.Lineage);
        if (permitKey is null)
        {
            return Refused.NotInForce();
        }
        // As the population was at the first part: the codes of an order stay, whatever is declared or told meanwhile.
        order.PopulationThrough ??= await database.LastChangeAsync(cancellationToken);
        var withheld = await registers.WithheldAsync(order.OptOutList, order.PopulationThrough.Value, cancellationToken);
        using var cipher = permitKey.TokenCipher(digest);
        using var person = await register.CipherAsync(cancellationToken);
        Answered answered;
        try
        {
            var tokeniser = new Tokeniser(cipher, person, withheld);
            answered = Answer(sealedPart, seal.Payload.Rows, nodeKey.Key, holderKey, tokeniser, cipher, Previous(before, part, cipher));
        }
        catch (ProtocolException exception)
        {
            return Refused.Records(exception);
        }
        if (again is null)
        {
            database.Parts.Add(
                new IdentifierPart
                {
                    OrderDigest = digest,
                    Part = part,
                    SealDigest = seal.Digest,
                    Sha256 = seal.Payload.Sha256,
                    Records = seal.Payload.Rows,
                    Issued = answered.Outcome.Issued,
                    Withheld = answered.Outcome.Withheld,
                    Invalid = answered.Outcome.Invalid,
                    TokenSum = answered.Outcome.Sum.SumHex,
                    LastRecord = answered.LastRecord,
                }
            );
            outbox.Enqueue(new IdentifiersTokenised(digest, holder, part, time.GetUtcNow()));
            await database.SaveChangesAsync(cancellationToken);
        }
        await transaction.CommitAsync(cancellationToken);
        var answer = sealing.Build(
            SealTypes.Tokens,
            holder,
            digest,
            part,
            seal.Payload.Rows,
            SealedBytes.Of(answered.File),
            answers: seal.Digest
        );
        http.Response.Headers["Seal"] = answer.Text;
        return TypedResults.Bytes(answered.File, "application/octet-stream");
    }

    internal sealed record Answered(byte[] File, Tokeniser.Outcome Outcome, byte[] LastRecord);

    /// <summary>One pass over a part: opened, answered by position, sealed to the holder.</summary>
    internal static Answered Answer(
        byte[] sealedPart,
        long rows,
        EncryptionKey own,
        byte[] holderKey,
        Tokeniser tokeniser,
        BatchCipher cipher,
        ReadOnlyMemory<byte> previous
    )
    {
        using var output = new MemoryStream();
        Tokeniser.Outcome total = default;
        using var input = new Crypt4GhReader(new MemoryStream(sealedPart, writable: false), own);
        using var records = new RecordReader(input, RecordFormat.Identifiers, previous, Batch);
        using (var writer = new Crypt4GhWriter(output, holderKey, leaveOpen: true))
        {
            var answers = new byte[Batch * AnswerRecord.Size];
            for (var batch = records.ReadBatch(); batch.Length > 0; batch = records.ReadBatch())
            {
                var part = answers.AsSpan(0, batch.Length / PersonIdentifier.Length * AnswerRecord.Size);
                var outcome = tokeniser.Answer(batch, part);
                writer.Write(part);
                total = new Tokeniser.Outcome(
                    total.Issued + outcome.Issued,
                    total.Withheld + outcome.Withheld,
                    total.Invalid + outcome.Invalid,
                    total.Sum.Add(outcome.Sum)
                );
            }
        }
        if (records.Count != rows)
        {
            throw new ProtocolException("record-truncated", "The part holds another number of records than its seal says.");
        }
        return new Answered(output.ToArray(), total, Bookmark.Of(records.Last, cipher));
    }

    private static ReadOnlyMemory<byte> Previous(List<IdentifierPart> before, int part, BatchCipher cipher) =>
        before.FindLast(earlier => earlier.Part < part) is { } last
            ? Bookmark.Open(last.LastRecord, PersonIdentifier.Length, cipher)
            : default;

    private static async Task<byte[]> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        using var body = new MemoryStream((int)Math.Min(request.ContentLength ?? 0, MaxPartBytes));
        await request.Body.CopyToAsync(body, cancellationToken);
        return body.ToArray();
    }
}
