using System.Text.Json;
using HealthDataNode.Protocol;
using HealthDataNode.Protocol.Crypt4Gh;
using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Seals;
using HealthDataNode.Protocol.Trust;
using HealthDataNode.ReferenceSpe.Ingress;

namespace HealthDataNode.ReferenceSpe.Undoing;

/// <summary>
/// <c>undo-delivery</c>: the step of the protocol that every SPE needs, for one that is not ours. Takes what Gateway
/// delivered, verifies all of it, and writes the rows under permit pseudonyms. With <c>--receipt</c> it then destroys
/// the sealed key and the parts, and signs.
/// </summary>
internal static class UndoProgram
{
    private const string Usage = """
        undo-delivery --party ID --keys DIR --statements FILE --root FILE --announcement FILE --parts DIR --output FILE [--receipt FILE]
          --keys          sign-N.pem and encryption-N.key of the SPE
          --statements    statements.jsonl of the node; --root is root.fingerprint, with root.jwk beside it
          --announcement  the body of the manifest call: {permit, order, manifest, deliveryKey: {seal, box}}
          --parts         the parts as they were uploaded: 1.c4gh, 2.c4gh and on
          --output        rows: UTF-8, U+001F between fields, the permit pseudonym first
          --receipt       deletes announcement and parts, then writes the signed receipt for Gateway
        """;

    private static readonly string[] Needed = ["party", "keys", "statements", "root", "announcement", "parts", "output"];

    /// <summary>0 done, 1 refused (the reason on the error stream, never a value), 2 usage.</summary>
    public static async Task<int> RunAsync(string[] arguments)
    {
        if (Options(arguments) is not { } options)
        {
            await Console.Error.WriteLineAsync(Usage);
            return 2;
        }

        try
        {
            var undone = await RunAsync(options);
            Console.WriteLine(JsonSerializer.Serialize(undone, JsonSerializerOptions.Web));
            return 0;
        }
        catch (DocumentRefusedException refused)
        {
            await Console.Error.WriteLineAsync($"Refused: {refused.Refusal}. {refused.Message}");
        }
        catch (ProtocolException refused)
        {
            await Console.Error.WriteLineAsync($"Refused: {refused.Code} at {refused.Position}.");
        }
        catch (JsonException)
        {
            await Console.Error.WriteLineAsync("Refused: the announcement is not the JSON that the manifest call has.");
        }
        catch (IOException fault)
        {
            await Console.Error.WriteLineAsync(fault.Message);
        }

        File.Delete(Partial(options["output"]));
        return 1;
    }

    private sealed record Undone(string Source, long Rows, long Persons);

    private static async Task<Undone> RunAsync(Dictionary<string, string> options)
    {
        var trust = new TrustStore(options["statements"], options["root"], TimeProvider.System);
        using var signer = DocumentSigner.Load(options["keys"], options["party"], KeyUses.Spe);
        var announcement = JsonSerializer.Deserialize<Announcement>(
            await File.ReadAllTextAsync(options["announcement"]),
            JsonSerializerOptions.Web
        )!;
        var documents = new DeliveryDocuments(trust, new OrderAndPermit(trust), new SealVerifier(trust));
        var order = documents.VerifyOrder(announcement.Order, announcement.Permit, signer);
        var manifest = documents.Verify(announcement, order, signer, KeyOf);
        using var key = KeyOf(manifest.Payload.SpeKeySequence)!;
        using var cipher = DeliveryDocuments.Open(announcement, key);
        var parts = manifest.Payload.Parts.Select(part => (Part: part, Path: Path.Combine(options["parts"], $"{part.Part}.c4gh"))).ToList();

        // Every byte is checked before any is used.
        foreach (var (part, path) in parts)
        {
            var bytes = await SealedBytes.OfFileAsync(path, CancellationToken.None);
            if (bytes.Length != part.Length || bytes.Sha256 != part.Sha256)
            {
                throw new ProtocolException("part-changed", "A part's bytes are not those of the manifest.", part.Part);
            }
        }

        var partial = Partial(options["output"]);
        PrivateFile.Write(partial, []);
        long persons;
        await using (var output = new FileStream(partial, FileMode.Truncate))
        {
            using var rows = new RowFile(output, order.Source);
            foreach (var (part, path) in parts)
            {
                await using var file = File.OpenRead(path);
                await using var opened = new Crypt4GhReader(file, key);
                if (await new PartRows(order.Source, cipher).CopyAsync(opened, rows, CancellationToken.None) != part.Rows)
                {
                    throw new ProtocolException("row-count", "A part has another number of rows than the manifest says.", part.Part);
                }
            }

            persons = rows.Persons;
            rows.End();
            output.Flush(flushToDisk: true);
        }

        File.Move(partial, options["output"], overwrite: true);
        if (options.TryGetValue("receipt", out var receipt))
        {
            File.Delete(options["announcement"]);
            parts.ForEach(part => File.Delete(part.Path));
            var signed = signer.Sign(
                new Receipt
                {
                    Manifest = manifest.Digest,
                    Order = order.Order.Digest,
                    Rows = manifest.Payload.Rows,
                    Persons = persons,
                    Workspace = order.Permit.Payload.Lineage,
                    At = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds(),
                }
            );
            await File.WriteAllTextAsync(receipt, signed.Text);
        }

        return new Undone(order.Source.Source, manifest.Payload.Rows, persons);

        EncryptionKey? KeyOf(int sequence) =>
            Path.Combine(options["keys"], $"encryption-{sequence}.key") is var path && File.Exists(path)
                ? EncryptionKey.FromFile(path)
                : null;
    }

    private static string Partial(string output) => output + ".partial";

    private static Dictionary<string, string>? Options(string[] arguments)
    {
        var options = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var i = 0; i < arguments.Length; i += 2)
        {
            var isKnown =
                arguments[i].StartsWith("--", StringComparison.Ordinal)
                && (Needed.Contains(arguments[i][2..]) || arguments[i] == "--receipt");
            if (!isKnown || i + 1 == arguments.Length || !options.TryAdd(arguments[i][2..], arguments[i + 1]))
            {
                return null;
            }
        }

        return Needed.All(options.ContainsKey) ? options : null;
    }
}
