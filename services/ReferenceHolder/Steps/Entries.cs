using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Trust;

namespace HealthDataNode.ReferenceHolder.Steps;

/// <summary>Signed entries for the node's audit log. No count and nothing of a person is in them.</summary>
internal static class Entries
{
    public static string Sign(DocumentSigner signer, TimeProvider time, long number, string action, string order, string lineage) =>
        signer
            .Sign(
                new AuditEntry
                {
                    Party = signer.Party,
                    Use = KeyUses.Holder,
                    Id = Guid.CreateVersion7(time.GetUtcNow()),
                    Number = number,
                    Action = action,
                    At = time.GetUtcNow().ToUnixTimeSeconds(),
                    Details = new Dictionary<string, string> { ["order"] = order, ["lineage"] = lineage },
                }
            )
            .Text;
}
