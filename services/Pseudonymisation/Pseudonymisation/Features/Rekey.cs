using System.Security.Cryptography;
using HealthDataNode.Protocol;
using HealthDataNode.Protocol.Problems;
using HealthDataNode.Protocol.Pseudonyms;
using HealthDataNode.Protocol.Records;
using HealthDataNode.Pseudonymisation.Domain;
using HealthDataNode.Pseudonymisation.Keys;
using HealthDataNode.Pseudonymisation.Leases;
using HealthDataNode.Pseudonymisation.Persistence;
using HealthDataNode.ServiceDefaults.Identity;
using Microsoft.EntityFrameworkCore;

namespace HealthDataNode.Pseudonymisation.Features;

/// <summary>
/// Gateway sends the person tokens of one order, each once and in ascending order over numbered batches, and gets
/// delivery pseudonyms by position. The same batch again is answered again; other tokens under its number are a conflict.
/// </summary>
internal static class Rekey
{
    /// <summary>The largest batch: 262,144 tokens.</summary>
    public const int MaxBatchBytes = 4 * 1024 * 1024;

    public static void Map(IEndpointRouteBuilder orders) =>
        orders
            .MapPost("/rekey/{batch:int:min(1)}", HandleAsync)
            .RequireAuthorization(policy => policy.RequireAuthenticatedUser().RequireRole("rekey").RequireClaim("party", "gateway"))
            .WithMetadata(new Microsoft.AspNetCore.Mvc.RequestSizeLimitAttribute(MaxBatchBytes))
            .WithName("Rekey")
            .WithSummary("Person tokens to delivery pseudonyms");

    private static async Task<IResult> HandleAsync(
        string digest,
        int batch,
        HttpRequest request,
        PseudonymisationDb database,
        PermitGate permits,
        IPermitKeyStore keys,
        RegisterKey register,
        PersonRegisters registers,
        CancellationToken cancellationToken
    )
    {
        var known = await database.Orders.AsNoTracking().SingleOrDefaultAsync(order => order.Digest == digest, cancellationToken);
        if (known is null)
        {
            return Refused.NoSuchOrder();
        }
        using var body = new MemoryStream((int)Math.Min(request.ContentLength ?? 0, MaxBatchBytes));
        await request.Body.CopyToAsync(body, cancellationToken);
        if (await permits.RefusalAsync(known, cancellationToken) is { } refusal)
        {
            return refusal;
        }
        var tokens = body.GetBuffer().AsMemory(0, (int)body.Length);
        var sha256 = Convert.ToHexStringLower(SHA256.HashData(tokens.Span));

        await using var transaction = await database.Database.BeginTransactionAsync(cancellationToken);
        var order = (await database.LockOrderAsync(digest, cancellationToken))!;
        if (order.State == "closed")
        {
            return Refused.OrderClosed();
        }
        if (order.State == "open")
        {
            return Refused.NotClosed();
        }
        var again = await database
            .Rekeys.AsNoTracking()
            .SingleOrDefaultAsync(earlier => earlier.OrderDigest == digest && earlier.Batch == batch, cancellationToken);
        if (again is not null && again.Sha256 != sha256)
        {
            return Refused.PartConflict("batch");
        }
        if (again is null && order.TokensAgree is not null)
        {
            // It was judged with the batches that there were, and the SPE has the key.
            return Refused.OrderClosed();
        }
        var last = await database
            .Rekeys.AsNoTracking()
            .Where(earlier => earlier.OrderDigest == digest && earlier.Batch < batch)
            .OrderByDescending(earlier => earlier.Batch)
            .FirstOrDefaultAsync(cancellationToken);
        if ((last?.Batch ?? 0) != batch - 1)
        {
            return Refused.Order($"Send batch {(last?.Batch ?? 0) + 1} next: batches go on ascending.");
        }
        using var permitKey = keys.Find(order.Lineage);
        if (permitKey is null)
        {
            return Refused.NotInForce();
        }
        using var token = permitKey.TokenCipher(digest);
        try
        {
            RecordFormat.Tokens.Check(tokens.Span, last is null ? [] : Bookmark.Open(last.LastToken, Block.Size, token));
        }
        catch (ProtocolException exception)
        {
            return Refused.Records(exception);
        }
        var answers = new byte[tokens.Length / Block.Size * AnswerRecord.Size];
        using var pseudonym = permitKey.PseudonymCipher(order.Lineage);
        using var delivery = permitKey.DeliveryCipher(digest);
        using var person = await register.CipherAsync(cancellationToken);
        var frozen = await database
            .Lineages.Where(one => one.Id == order.Lineage)
            .Select(one => one.HistoryThrough)
            .SingleAsync(cancellationToken);
        var history = await registers.HistoryAsync(frozen, cancellationToken);
        if (Rekeyer.Answer(tokens.Span, answers, token, pseudonym, delivery, person, history) is >= 0 and var forged)
        {
            return Refused.Problem(
                ProblemTypes.UnknownToken,
                422,
                "A token is not of this order",
                "It was forged, or issued for another order. Reject the upload.",
                forged
            );
        }
        if (again is null && tokens.Length > 0)
        {
            var sum = default(TokenSum).Add(tokens.Span);
            database.Rekeys.Add(
                new RekeyBatch
                {
                    OrderDigest = digest,
                    Batch = batch,
                    Sha256 = sha256,
                    Records = sum.Count,
                    TokenSum = sum.SumHex,
                    LastToken = Bookmark.Of(tokens.Span[^Block.Size..], token),
                }
            );
            await database.SaveChangesAsync(cancellationToken);
        }
        await transaction.CommitAsync(cancellationToken);
        return TypedResults.Bytes(answers, "application/octet-stream");
    }
}
