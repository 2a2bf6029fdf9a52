using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using HealthDataNode.Protocol;
using HealthDataNode.Protocol.Crypt4Gh;
using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Problems;
using HealthDataNode.Protocol.Records;
using HealthDataNode.Protocol.Seals;
using HealthDataNode.ReferenceSpe.Ingress;
using HealthDataNode.ReferenceSpe.Node;
using HealthDataNode.ReferenceSpe.Registration;
using HealthDataNode.ReferenceSpe.State;
using HealthDataNode.ReferenceSpe.Workspaces;

namespace HealthDataNode.ReferenceSpe.Rooms;

/// <summary>
/// Asks Pseudonymisation about once a second, for each open room, whether persons of it have become one, and joins
/// their pseudonyms: file by file, in order, each in one transaction. What is forged, or not the next, changes nothing.
/// </summary>
internal sealed class TakeAliases(
    NodeClients node,
    SealVerifier seals,
    EncryptionKeys keys,
    Lineages lineages,
    Deliveries deliveries,
    AliasCounts counts,
    WorkspaceFolders folders,
    RoomLeases leases,
    Outbox outbox,
    SpeOptions options,
    ILogger<TakeAliases> log
) : BackgroundService
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(1);
    private readonly ConcurrentDictionary<string, string> said = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Task> running = new(StringComparer.Ordinal);

    private sealed record Question(int After, string SpeKey);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            foreach (var lineage in lineages.All().Where(leases.IsOpen))
            {
                // Each by itself: one waits until the jobs in its room are over.
                if (!running.TryGetValue(lineage, out var before) || before.IsCompleted)
                {
                    running[lineage] = TryAsync(lineage, stoppingToken);
                }
            }

            await Task.Delay(Every, stoppingToken);
        }
    }

    private async Task TryAsync(string lineage, CancellationToken stoppingToken)
    {
        using var whileOpen = leases.WhileOpen(lineage, stoppingToken);
        try
        {
            while (deliveries.SourcesOf(lineage).Count > 0 && await TakeNextAsync(lineage, whileOpen.Token)) { }

            said.TryRemove(lineage, out _);
        }
        catch (OperationCanceledException) when (whileOpen.IsCancellationRequested)
        {
            // The room was closed meanwhile.
        }
        catch (DocumentRefusedException refused)
        {
            Refused(lineage, $"{refused.Refusal}");
        }
        catch (ProtocolException refused)
        {
            Refused(lineage, refused.Code);
        }
#pragma warning disable CA1031 // One room's fault must not be every room's; it is tried again.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            // DuckDB's texts can hold cells: the kind alone.
            log.LogDebug("Aliases for {Lineage} could not be taken yet: {Kind}", lineage, exception.GetType().Name);
        }
    }

    // It is asked every second: the same is said once, here and to the node.
    private void Refused(string lineage, string reason)
    {
        if (said.GetValueOrDefault(lineage) != reason)
        {
            said[lineage] = reason;
            log.LogError("Aliases for {Lineage} were refused: {Reason}", lineage, reason);
            outbox.AddAudit("aliases-refused", null, ("lineage", lineage), ("reason", reason));
        }
    }

    /// <summary>False where none follows.</summary>
    private async Task<bool> TakeNextAsync(string lineage, CancellationToken cancellationToken)
    {
        var next = counts.Of(lineage).Files + 1;
        var speKey = keys.Current();
        using var client = node.For("pseudonymisation");
        using var response = await client.PostAsJsonAsync(
            $"pseudonymisation/v1/lineages/{lineage}/aliases",
            new Question(next - 1, speKey.Text),
            cancellationToken
        );
        if (response.StatusCode is HttpStatusCode.NoContent or HttpStatusCode.NotFound)
        {
            return false;
        }

        await ProtocolProblem.EnsureSuccessAsync(response, cancellationToken);
        var box = await response.Content.ReadAsByteArrayAsync(cancellationToken);
        var expected = new SealExpectation(SealTypes.Aliases, Parties.Pseudonymisation, options.Party, SealNames.Aliases(lineage), next);
        var header = response.Headers.TryGetValues("Seal", out var values) ? values.First() : "";
        var seal = seals.Verify(header, expected, SealedBytes.Of(box));
        using var key = keys.Open(speKey.Payload.Sequence)!;
        var records = Crypt4GhFile.Open(box, key);
        try
        {
            RecordFormat.Aliases.Check(records);
            if (records.Length != seal.Payload.Rows * RecordFormat.Aliases.Size)
            {
                throw new DocumentRefusedException(Refusal.SealRows, "There are more or fewer aliases than the seal says.");
            }

            using var turn = await folders.Gate(lineage).EnterToWriteAsync(cancellationToken);
            if (!leases.IsOpen(lineage))
            {
                return false;
            }

            counts.Keep(lineage, Aliases.Take(folders.Database(lineage), next, records, deliveries.SourcesOf(lineage)));
            return true;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(records);
        }
    }
}
