using HealthDataNode.Gateway.Counterparts;
using HealthDataNode.Gateway.Domain;
using HealthDataNode.Gateway.Persistence;
using HealthDataNode.Gateway.Preparation;
using HealthDataNode.Gateway.Storage;
using HealthDataNode.Protocol.Crypt4Gh;
using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Seals;
using HealthDataNode.Protocol.Trust;
using Microsoft.EntityFrameworkCore;

namespace HealthDataNode.Gateway.Delivery;

/// <summary>
/// From the holder's closing document to the signed manifest: part by part, each after a fresh answer that permit and
/// SPE are good. A part counts when its row commits; one that was cut off is made again from its beginning.
/// </summary>
internal sealed class PrepareDelivery(
    GatewayDb database,
    UploadKeys keys,
    OrderFiles files,
    PermitGate permits,
    SpeDirectory directory,
    SpeIngress ingress,
    Counterparts.Pseudonymisation pseudonymisation,
    OrderAndPermit documents,
    SealVerifier seals,
    DocumentSigner signer,
    TimeProvider time
)
{
    public async Task<Next> RunAsync(Order order, CancellationToken cancellationToken)
    {
        await permits.RequireInForceAsync(order, cancellationToken);
        var verified = documents.Verify(order.Document!, order.Permit);
        if (order.State == OrderState.Closed)
        {
            var environment = await directory.RequireApprovedAsync(order.Spe, cancellationToken);
            await pseudonymisation.CloseAsync(order.Digest!, order.Closing!, cancellationToken);
            // An open order keeps the key it began with, so that all its parts are to one key.
            var key = documents.VerifySpeKey(environment.EncryptionKey ?? "", verified.Permit.Payload);
            order.Prepare(key.Text, time.GetUtcNow());
            await database.SaveChangesAsync(cancellationToken);
        }
        await MakePartsAsync(order, verified, cancellationToken);
        await SignAsync(order, verified, cancellationToken);
        return Next.Again;
    }

    private async Task MakePartsAsync(Order order, VerifiedOrder verified, CancellationToken cancellationToken)
    {
        using var uploadKey = keys.Find(order.Id) ?? throw new InvalidOperationException("The upload key of an open order is missing.");
        var speKey = documents.VerifySpeKey(order.SpeKey!, verified.Permit.Payload).Payload.KeyBytes();
        using var rewriter = new PartRewriter(verified.Source.Columns, pseudonymisation.RekeyingOf(order.Digest!));
        var parts = await database
            .Parts.AsNoTracking()
            .Where(part => part.OrderId == order.Id)
            .OrderBy(part => part.Part)
            .ToListAsync(cancellationToken);
        var made = await database
            .DeliveryParts.Where(part => part.OrderId == order.Id)
            .OrderBy(part => part.Part)
            .ToListAsync(cancellationToken);
        var last = LastPerson(order, parts, made.Count, uploadKey);
        foreach (var part in parts.Skip(made.Count))
        {
            await permits.RequireInForceAsync(order, cancellationToken);
            await directory.RequireApprovedAsync(order.Spe, cancellationToken);
            await ForgetHalfAsync(order, part.Part, cancellationToken);
            var making = files.Making(order.Id, part.Part);
            var rewritten = await rewriter.RewriteAsync(
                Source(order, part, uploadKey),
                new PartTarget(making, speKey),
                last,
                1 + made.Sum(earlier => earlier.Batches),
                cancellationToken
            );
            File.Move(making, files.Delivery(order.Id, part.Part), overwrite: true);
            made.Add(Add(order, part.Part, rewritten));
            await database.SaveChangesAsync(cancellationToken);
            last = rewritten.LastPerson;
        }
    }

    // A file without a row is a part that was cut off.
    private async Task ForgetHalfAsync(Order order, int part, CancellationToken cancellationToken)
    {
        if (!File.Exists(files.Making(order.Id, part)) && !File.Exists(files.Delivery(order.Id, part)))
        {
            return;
        }
        order.RepeatPart();
        await database.SaveChangesAsync(cancellationToken);
        File.Delete(files.Delivery(order.Id, part));
        File.Delete(files.Making(order.Id, part));
    }

    // Where the last part of an earlier run ended is kept nowhere, so that no token is: that part is opened again.
    private byte[] LastPerson(Order order, List<ReceivedPart> parts, int made, EncryptionKey uploadKey)
    {
        for (var index = made - 1; index >= 0; index--)
        {
            if (PartRewriter.LastPersonOf(Source(order, parts[index], uploadKey)) is { Length: > 0 } last)
            {
                return last;
            }
        }
        return [];
    }

    private PartSource Source(Order order, ReceivedPart part, EncryptionKey uploadKey)
    {
        var expected = new SealExpectation(SealTypes.Rows, order.Holder, Parties.Gateway, order.Digest!, part.Part);
        return new(files.Part(order.Id, part.Part), seals.Verify(part.Seal, expected).Payload, uploadKey);
    }

    private DeliveryPart Add(Order order, int part, RewrittenPart rewritten)
    {
        var seal = new SealBuilder(signer).Build(SealTypes.Delivery, order.Spe, order.Digest!, part, rewritten.Rows, rewritten.Bytes);
        var row = new DeliveryPart
        {
            OrderId = order.Id,
            Part = part,
            Seal = seal.Text,
            Rows = rewritten.Rows,
            Outside = rewritten.Outside,
            Persons = rewritten.Persons,
            Length = rewritten.Bytes.Length,
            Sha256 = rewritten.Bytes.Sha256,
            Batches = rewritten.Batches,
            MadeAt = time.GetUtcNow(),
        };
        database.Add(row);
        return row;
    }

    private async Task SignAsync(Order order, VerifiedOrder verified, CancellationToken cancellationToken)
    {
        await permits.RequireInForceAsync(order, cancellationToken);
        // Before the SPE is given a key: whoever was given one must prove the deletion, and can only of an order that it knows.
        var environment = await directory.RequireApprovedAsync(order.Spe, cancellationToken);
        await ingress.AnnounceAsync(environment, order, cancellationToken);
        var key = await pseudonymisation.DeliveryKeyAsync(order.Digest!, order.SpeKey!, cancellationToken);
        var seal = seals.Verify(
            key.Seal,
            new SealExpectation(SealTypes.DeliveryKey, Parties.Pseudonymisation, order.Spe, order.Digest!),
            SealedBytes.Of(key.Box)
        );
        var parts = await database
            .DeliveryParts.AsNoTracking()
            .Where(part => part.OrderId == order.Id)
            .OrderBy(part => part.Part)
            .ToListAsync(cancellationToken);
        var manifest = signer.Sign(
            new Manifest
            {
                Order = order.Digest!,
                Permit = order.PermitDigest,
                Lineage = order.Lineage,
                Source = order.Source,
                Spe = order.Spe,
                SpeKeySequence = documents.VerifySpeKey(order.SpeKey!, verified.Permit.Payload).Payload.Sequence,
                Columns = [.. verified.Source.Columns.Select(column => column.Name)],
                Transformations = [],
                Parts = [.. parts.Select(part => new ManifestPart(part.Part, part.Rows, part.Length, part.Sha256))],
                Rows = parts.Sum(part => part.Rows),
                DeliveryKey = seal.Digest,
            }
        );
        order.Deliver(
            new SignedDelivery(
                manifest.Text,
                manifest.Digest,
                key.Seal,
                Convert.ToBase64String(key.Box),
                manifest.Payload.Rows,
                parts.Sum(part => part.Persons)
            ),
            time.GetUtcNow()
        );
        await database.SaveChangesAsync(cancellationToken);
    }
}
