using System.Security.Claims;
using HealthDataNode.Protocol;
using HealthDataNode.Protocol.Crypt4Gh;
using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Identifiers;
using HealthDataNode.Protocol.Problems;
using HealthDataNode.Protocol.Pseudonyms;
using HealthDataNode.Protocol.Records;
using HealthDataNode.Protocol.Seals;
using HealthDataNode.Pseudonymisation.Contracts.V1;
using HealthDataNode.Pseudonymisation.Keys;
using HealthDataNode.Pseudonymisation.Persistence;
using HealthDataNode.ServiceDefaults.Identity;
using HealthDataNode.ServiceDefaults.Messaging;
using Microsoft.EntityFrameworkCore;

namespace HealthDataNode.Pseudonymisation.Features;

/// <summary>
/// The population register tells what changed of persons, in sealed batches without a gap: numbers, deaths, protected
/// addresses (NOR-42). The same batch again changes nothing; other bytes are a conflict; all of a batch is taken or none.
/// </summary>
internal static class TakePopulation
{
    /// <summary>The largest sealed batch: some 270,000 changes.</summary>
    public const int MaxBatchBytes = 8 * 1024 * 1024;

    private const int Batch = 16 * 1024;

    public static void Map(IEndpointRouteBuilder feed) =>
        feed.MapPut("/{number:int:min(1)}", HandleAsync)
            .RequireAuthorization(policy => policy.RequireAuthenticatedUser().RequireRole("population-register").RequireClaim("party"))
            .WithMetadata(new Microsoft.AspNetCore.Mvc.RequestSizeLimitAttribute(MaxBatchBytes))
            .WithName("TakePopulation")
            .WithSummary("Takes a batch of the population register");

    private static async Task<IResult> HandleAsync(
        int number,
        HttpRequest request,
        ClaimsPrincipal user,
        PseudonymisationDb database,
        SealVerifier seals,
        NodeKey nodeKey,
        RegisterKey register,
        IEventOutbox outbox,
        TimeProvider time,
        CancellationToken cancellationToken
    )
    {
        // Over the whole file before any of it is used: Crypt4GH has no mark at its end.
        using var body = new MemoryStream((int)Math.Min(request.ContentLength ?? 0, MaxBatchBytes));
        await request.Body.CopyToAsync(body, cancellationToken);
        var file = body.ToArray();
        SignedDocument<Seal> seal;
        try
        {
            seal = seals.Verify(
                request.Headers["Seal"].ToString(),
                new SealExpectation(SealTypes.Population, user.Party()!, Parties.Pseudonymisation, SealNames.PopulationFeed, number),
                SealedBytes.Of(file)
            );
        }
        catch (DocumentRefusedException refused)
        {
            return ProtocolProblem.Of(refused).ToResult();
        }

        using var cipher = await register.CipherAsync(cancellationToken);
        await using var transaction = await database.Database.BeginTransactionAsync(cancellationToken);
        await database.LockPopulationAsync(cancellationToken);
        var last = await database
            .PopulationBatches.AsNoTracking()
            .OrderByDescending(one => one.Batch)
            .FirstOrDefaultAsync(cancellationToken);
        var next = (last?.Batch ?? 0) + 1;
        if (number < next)
        {
            var taken = await database.PopulationBatches.AsNoTracking().SingleAsync(one => one.Batch == number, cancellationToken);
            return taken.Sha256 == seal.Payload.Sha256 ? TypedResults.NoContent() : Refused.PartConflict("batch");
        }
        if (number > next)
        {
            return Refused.Order($"Send batch {next} next: batches have no gap.");
        }
        var change = last?.LastChange ?? 0;
        try
        {
            using var input = new Crypt4GhReader(new MemoryStream(file, writable: false), nodeKey.Key);
            using var records = new RecordReader(input, RecordFormat.Population, batch: Batch);
            for (var some = records.ReadBatch(); some.Length > 0; some = records.ReadBatch())
            {
                var changes = Read(some, cipher);
                await InsertAsync(database, change, changes, cancellationToken);
                change += changes.Count;
            }
            if (records.Count != seal.Payload.Rows)
            {
                throw new ProtocolException("record-truncated", "The batch holds another number of records than its seal says.");
            }
        }
        catch (ProtocolException exception)
        {
            return Refused.Records(exception);
        }
        database.PopulationBatches.Add(
            new PopulationBatch
            {
                Batch = number,
                Sha256 = seal.Payload.Sha256,
                Records = seal.Payload.Rows,
                LastChange = change,
                TakenAt = time.GetUtcNow(),
            }
        );
        outbox.Enqueue(new PopulationTaken(number, time.GetUtcNow()));
        await database.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return TypedResults.NoContent();
    }

    private sealed record Changes(string[] Kinds, DateOnly[] Dates, byte[][] Persons, byte[]?[] Others)
    {
        public int Count => Kinds.Length;
    }

    private static Changes Read(ReadOnlySpan<byte> records, BatchCipher cipher)
    {
        var count = records.Length / PopulationRecord.Size;
        var changes = new Changes(new string[count], new DateOnly[count], new byte[count][], new byte[]?[count]);
        for (var i = 0; i < count; i++)
        {
            var record = PopulationRecord.Read(records.Slice(i * PopulationRecord.Size, PopulationRecord.Size));
            changes.Kinds[i] = ((char)record.Kind).ToString();
            changes.Dates[i] = record.Date;
            changes.Persons[i] = Sealed(record.Person, cipher);
            changes.Others[i] = record.Other is { } other ? Sealed(other, cipher) : null;
        }
        return changes;
    }

    private static byte[] Sealed(PersonIdentifier person, BatchCipher cipher)
    {
        var block = new byte[Block.Size];
        Block.Encode(person, block);
        cipher.Encrypt(block, block);
        return block;
    }

    private static Task<int> InsertAsync(PseudonymisationDb database, long after, Changes changes, CancellationToken cancellationToken) =>
        database.Database.ExecuteSqlAsync(
            $"""
            INSERT INTO pseudonymisation.population_changes (number, kind, date, person, other)
            SELECT {after} + place, kind, date, person, other
            FROM unnest({changes.Kinds}, {changes.Dates}, {changes.Persons}, {changes.Others})
                WITH ORDINALITY AS change (kind, date, person, other, place)
            """,
            cancellationToken
        );
}
