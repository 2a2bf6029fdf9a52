using System.Text;
using HealthDataNode.Protocol.Crypt4Gh;
using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Pseudonyms;
using HealthDataNode.Protocol.Records;
using HealthDataNode.Protocol.Seals;
using HealthDataNode.Protocol.Trust;
using HealthDataNode.ReferenceHolder.Orders;
using HealthDataNode.ReferenceHolder.State;

namespace HealthDataNode.ReferenceHolder.Steps;

/// <summary>
/// Sends each person's identifier once, ascending, in sealed parts, and keeps the tokens that come back. What was
/// sealed is on disk before it is sent: after a fault the very same bytes go again.
/// </summary>
public sealed class Tokenise(
    Node node,
    OrderBook book,
    HolderOptions options,
    TrustStore trust,
    SealBuilder sealing,
    SealVerifier seals,
    EncryptionKey ownKey
)
{
    public async Task RunAsync(HolderOrder order, CancellationToken cancellationToken)
    {
        var folder = new WorkFolder(options, order);
        using var store = folder.OpenRows(RowStore.TokenColumns);
        // A killed run may have filled it in part.
        store.Execute("CREATE OR REPLACE TABLE tokens (person_id VARCHAR, token VARCHAR, code UTINYINT)");
        var part = 0;
        foreach (var identifiers in Identifiers(store).Chunk(options.IdentifiersPerPart))
        {
            part++;
            await File.WriteAllTextAsync(folder.File($"identifiers-{part}.txt"), string.Concat(identifiers), cancellationToken);
        }
        for (var n = 1; n <= part; n++)
        {
            var identifiers = await File.ReadAllBytesAsync(folder.File($"identifiers-{n}.txt"), cancellationToken);
            var answers = await AskAsync(order, folder, n, identifiers, cancellationToken);
            Keep(store, identifiers, answers);
        }
        var withheld = RowsWith(store, AnswerCode.Withheld);
        var invalid = RowsWith(store, AnswerCode.Invalid);
        book.Advance(
            order with
            {
                Stage = Stage.Tokenised,
                Counts = order.Counts with { Withheld = withheld, Invalid = order.Counts.Invalid + invalid },
            }
        );
    }

    private static IEnumerable<string> Identifiers(RowStore store) =>
        store
            .ReadInRanges("person_id", "raw", range => $"SELECT DISTINCT person_id FROM raw WHERE {range} ORDER BY person_id")
            .Select(row => row.GetString(0));

    private async Task<byte[]> AskAsync(
        HolderOrder order,
        WorkFolder folder,
        int part,
        byte[] identifiers,
        CancellationToken cancellationToken
    )
    {
        var (file, seal) = Sealed(order, folder, part, identifiers);
        var answer = await node.TokeniseAsync(order.Digest, part, file, seal, cancellationToken);
        var answered = seals.Verify(
            answer.Seal,
            new SealExpectation(SealTypes.Tokens, Parties.Pseudonymisation, options.Party, order.Digest, part, Jws.Read(seal).Digest),
            SealedBytes.Of(answer.File)
        );
        var answers = Crypt4GhFile.Open(answer.File, ownKey);
        RecordFormat.TokenAnswers.Check(answers);
        SealVerifier.CheckRows(answered.Payload, answers.Length / AnswerRecord.Size);
        return answers;
    }

    // The seal is written last, so where it stands the file beside it is whole.
    private (byte[] File, string Seal) Sealed(HolderOrder order, WorkFolder folder, int part, byte[] identifiers)
    {
        var (fileName, sealName) = (folder.File($"identifiers-{part}.c4gh"), folder.File($"identifiers-{part}.seal"));
        if (!File.Exists(sealName))
        {
            var recipient =
                trust.EncryptionKeyOf(Parties.Pseudonymisation)
                ?? throw new InvalidOperationException("The root has stated no encryption key of pseudonymisation.");
            var made = Crypt4GhFile.Seal(identifiers, recipient);
            var seal = sealing.Build(
                SealTypes.Identifiers,
                Parties.Pseudonymisation,
                order.Digest,
                part,
                identifiers.Length / RecordFormat.Identifiers.Size,
                SealedBytes.Of(made)
            );
            PrivateFile.Write(fileName, made);
            PrivateFile.Write(sealName, seal.Text);
        }
        return (File.ReadAllBytes(fileName), File.ReadAllText(sealName));
    }

    private static void Keep(RowStore store, byte[] identifiers, byte[] answers)
    {
        using var appender = store.Append("tokens");
        for (int at = 0, answer = 0; at < identifiers.Length; at += RecordFormat.Identifiers.Size, answer += AnswerRecord.Size)
        {
            var record = answers.AsSpan(answer, AnswerRecord.Size);
            var row = appender.CreateRow();
            row.AppendValue(Encoding.ASCII.GetString(identifiers, at, RecordFormat.Identifiers.Size));
            if (AnswerRecord.Code(record) == AnswerCode.Issued)
            {
                row.AppendValue(PseudonymText.Format(AnswerRecord.Value(record)));
            }
            else
            {
                row.AppendNullValue();
            }
            row.AppendValue((byte)AnswerRecord.Code(record)).EndRow();
        }
    }

    private static long RowsWith(RowStore store, AnswerCode code) =>
        store.Count($"SELECT count(*) FROM raw JOIN tokens USING (person_id) WHERE code = {(int)code}");
}
