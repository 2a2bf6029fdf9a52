using System.Security.Cryptography;
using HealthDataNode.Protocol.Crypt4Gh;
using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Seals;
using HealthDataNode.Protocol.Trust;
using HealthDataNode.ReferenceHolder.Orders;

namespace HealthDataNode.ReferenceHolder.Feed;

/// <summary>
/// Sends what the register has new, batch after batch, sealed to Pseudonymisation. What was sealed is on disk before it
/// is sent: after a fault the very same bytes go again.
/// </summary>
public sealed class SendChanges(Node node, FeedBook book, RegisterLines lines, TrustStore trust, SealBuilder sealing)
{
    /// <summary>Until there is nothing new.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (Next() is { } batch)
        {
            await node.FeedAsync(
                batch.Number,
                await File.ReadAllBytesAsync(FileOf(batch.Number), cancellationToken),
                await File.ReadAllTextAsync(SealOf(batch.Number), cancellationToken),
                cancellationToken
            );
            book.Sent(batch.Number);
            File.Delete(FileOf(batch.Number));
            File.Delete(SealOf(batch.Number));
        }
    }

    private FeedBatch? Next()
    {
        var last = book.Last();
        if (last is { Sent: false })
        {
            return last;
        }
        var read = lines.After(last?.Offset ?? 0, last?.LastLine ?? 0);
        if (read.Count == 0)
        {
            return null;
        }
        var recipient =
            trust.EncryptionKeyOf(Parties.Pseudonymisation)
            ?? throw new InvalidOperationException("The root has stated no encryption key of pseudonymisation.");
        var batch = new FeedBatch((last?.Number ?? 0) + 1, read.Offset, read.LastLine, Sent: false);
        var made = Crypt4GhFile.Seal(read.Records, recipient);
        CryptographicOperations.ZeroMemory(read.Records);
        var seal = sealing.Build(
            SealTypes.Population,
            Parties.Pseudonymisation,
            SealNames.PopulationFeed,
            batch.Number,
            read.Count,
            SealedBytes.Of(made)
        );
        PrivateFile.Write(FileOf(batch.Number), made);
        PrivateFile.Write(SealOf(batch.Number), seal.Text);
        book.Begin(batch);
        return batch;
    }

    private string FileOf(int number) => book.File($"batch-{number}.c4gh");

    private string SealOf(int number) => book.File($"batch-{number}.seal");
}
