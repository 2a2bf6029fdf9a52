using System.Security.Claims;
using System.Security.Cryptography;
using HealthDataNode.Protocol.Crypt4Gh;
using HealthDataNode.Protocol.Documents;
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
/// A lineage keeps the identity history of its first order, so that its pseudonyms stay. What the population register
/// tells later of persons that are one reaches the permit's SPE as numbered files of pseudonyms, each the one that was
/// and the one that stands, sealed to it; Gateway and holders learn nothing of them.
/// </summary>
internal static class SealAliases
{
    internal sealed record Request(int After, string SpeKey);

    public static void Map(IEndpointRouteBuilder lineages) =>
        lineages
            .MapPost("/aliases", HandleAsync)
            .RequireAuthorization(policy => policy.RequireAuthenticatedUser().RequireRole("spe").RequireClaim("party"))
            .Produces(200, contentType: "application/octet-stream")
            .Produces(204)
            .WithName("SealAliases")
            .WithSummary("The next file of pseudonyms that became one, sealed to the SPE");

    private static async Task<IResult> HandleAsync(
        string lineage,
        Request request,
        HttpContext http,
        ClaimsPrincipal user,
        PseudonymisationDb database,
        OrderAndPermit documents,
        SealBuilder sealing,
        PermitGate permits,
        IPermitKeyStore keys,
        RegisterKey register,
        PersonRegisters registers,
        IEventOutbox outbox,
        TimeProvider time,
        CancellationToken cancellationToken
    )
    {
        var order = await database
            .Orders.AsNoTracking()
            .Where(order => order.Lineage == lineage)
            .OrderByDescending(order => order.PermitVersion)
            .FirstOrDefaultAsync(cancellationToken);
        if (order is null || order.ReadPermit() is var permit && permit.Spe.Party != user.Party())
        {
            return ServiceDefaults.Problems.Problem.NotFound("lineage");
        }
        if (await permits.RefusalAsync(permit, source: null, cancellationToken) is { } refusal)
        {
            return refusal;
        }
        SignedDocument<SpeKey> speKey;
        try
        {
            speKey = documents.VerifySpeKey(request.SpeKey, permit);
        }
        catch (DocumentRefusedException refused)
        {
            return ProtocolProblem.Of(refused).ToResult();
        }
        using var permitKey = keys.Find(lineage);
        if (permitKey is null)
        {
            return Refused.NotInForce();
        }
        await using var transaction = await database.Database.BeginTransactionAsync(cancellationToken);
        await database.LockLineagesAsync(cancellationToken);
        var known = await database.Aliases.AsNoTracking().CountAsync(file => file.Lineage == lineage, cancellationToken);
        if (request.After < 0 || request.After > known)
        {
            return Refused.Order($"{known} files were given for this lineage: ask after the last one that you have.");
        }
        var file = await database
            .Aliases.AsNoTracking()
            .SingleOrDefaultAsync(one => one.Lineage == lineage && one.Number == request.After + 1, cancellationToken);
        IReadOnlyList<IdentityHistory.Merge> merges;
        if (file is not null)
        {
            merges = await registers.MergesAsync(file.FromChange, file.ToChange, cancellationToken);
        }
        else
        {
            var head = (await database.Lineages.FindAsync([lineage], cancellationToken))!;
            var through = await LastMergeAsync(database, cancellationToken);
            if (through <= head.AliasThrough)
            {
                return TypedResults.NoContent();
            }
            merges = await registers.MergesAsync(head.AliasThrough, through, cancellationToken);
            if (merges.Count > 0)
            {
                file = new AliasFile
                {
                    Lineage = lineage,
                    Number = request.After + 1,
                    FromChange = head.AliasThrough,
                    ToChange = through,
                    Records = merges.Count,
                    At = time.GetUtcNow(),
                };
                database.Aliases.Add(file);
                outbox.Enqueue(new AliasesSealed(lineage, file.Number, file.At));
            }
            head.AliasThrough = through;
            await database.SaveChangesAsync(cancellationToken);
        }
        await transaction.CommitAsync(cancellationToken);
        if (file is null)
        {
            return TypedResults.NoContent();
        }
        var records = await PseudonymsAsync(merges, permitKey, lineage, register, cancellationToken);
        var box = Crypt4GhFile.Seal(records, speKey.Payload.KeyBytes());
        CryptographicOperations.ZeroMemory(records);
        var seal = sealing.Build(
            SealTypes.Aliases,
            speKey.Payload.Party,
            SealNames.Aliases(lineage),
            file.Number,
            file.Records,
            SealedBytes.Of(box)
        );
        http.Response.Headers["Seal"] = seal.Text;
        return TypedResults.Bytes(box, "application/octet-stream");
    }

    private static async Task<long> LastMergeAsync(PseudonymisationDb database, CancellationToken cancellationToken) =>
        await database.PopulationChanges.Where(change => change.Kind == "N").MaxAsync(change => (long?)change.Number, cancellationToken)
        ?? 0;

    private static async Task<byte[]> PseudonymsAsync(
        IReadOnlyList<IdentityHistory.Merge> merges,
        PermitKey permitKey,
        string lineage,
        RegisterKey register,
        CancellationToken cancellationToken
    )
    {
        var records = new byte[merges.Count * RecordFormat.Aliases.Size];
        for (var i = 0; i < merges.Count; i++)
        {
            var record = records.AsSpan(i * RecordFormat.Aliases.Size);
            Person.Bytes(merges[i].Was).CopyTo(record);
            Person.Bytes(merges[i].Stands).CopyTo(record[Block.Size..]);
        }
        using var person = await register.CipherAsync(cancellationToken);
        using var pseudonym = permitKey.PseudonymCipher(lineage);
        person.Decrypt(records, records);
        pseudonym.Encrypt(records, records);
        return records;
    }
}
