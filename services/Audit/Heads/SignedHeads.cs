using System.Text.Json;
using HealthDataNode.Audit.Domain;
using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Trust;

namespace HealthDataNode.Audit.Heads;

/// <summary>Reads the lines of the head file.</summary>
public static class SignedHeads
{
    /// <summary>The head of a line; without a hash if it is not signed by this node's audit key.</summary>
    public static KnownHead Known(string line, TrustStore trust)
    {
        try
        {
            return Of(trust.Verify<AuditHead>(line).Payload);
        }
        catch (DocumentRefusedException refused) when (refused.Refusal == Refusal.KeyNotInForce)
        {
            // An old head by a key that has ended since; signature, use and party were checked before the dates.
            return Of(Unverified(line)!);
        }
        catch (DocumentRefusedException)
        {
            return new KnownHead(Unverified(line)?.Sequence ?? 0, null);
        }
    }

    /// <summary>What a line says, signature unseen; null if it says nothing.</summary>
    public static AuditHead? Unverified(string line)
    {
        try
        {
            return JsonSerializer.Deserialize(Jws.Read(line).Payload.Span, AuditHead.Json);
        }
        catch (Exception exception) when (exception is DocumentRefusedException or JsonException)
        {
            return null;
        }
    }

    private static KnownHead Of(AuditHead head) => new(head.Sequence, Convert.FromHexString(head.Hash));
}
