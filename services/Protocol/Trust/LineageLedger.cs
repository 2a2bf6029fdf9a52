using System.Collections.Concurrent;
using HealthDataNode.Protocol.Documents;

namespace HealthDataNode.Protocol.Trust;

/// <summary>The newest version of a lineage that a verifier has seen; what it keeps for good.</summary>
/// <param name="Lineage">The lineage.</param>
/// <param name="Version">The newest version.</param>
/// <param name="Digest">Its digest.</param>
/// <param name="ApplicantSub">Its applicant's <c>sub</c>.</param>
/// <param name="ApplicantOrg">Its applicant's organisation.</param>
public sealed record LineageHead(string Lineage, int Version, string Digest, string ApplicantSub, string ApplicantOrg)
{
    /// <summary>The head that a permit makes.</summary>
    /// <param name="permit">A verified permit.</param>
    public static LineageHead Of(SignedDocument<PermitDocument> permit) =>
        new(permit.Payload.Lineage, permit.Payload.Version, permit.Digest, permit.Payload.Applicant.Sub, permit.Payload.Applicant.Org);
}

/// <summary>The rules of a lineage: a verifier keeps its newest version and refuses an older one, a second
/// successor of the same version, and a change of applicant. The service that uses it persists the heads.</summary>
public sealed class LineageLedger
{
    private readonly ConcurrentDictionary<string, LineageHead> heads = new(StringComparer.Ordinal);

    /// <summary>Begins with what was persisted.</summary>
    /// <param name="heads">One head for each lineage.</param>
    public LineageLedger(IEnumerable<LineageHead>? heads = null)
    {
        foreach (var head in heads ?? [])
        {
            this.heads[head.Lineage] = head;
        }
    }

    /// <summary>The head of a lineage; null where none was seen.</summary>
    /// <param name="lineage">The lineage.</param>
    public LineageHead? HeadOf(string lineage) => heads.GetValueOrDefault(lineage);

    /// <summary>Takes a verified permit in. The same one again changes nothing.</summary>
    /// <param name="permit">A verified permit.</param>
    /// <returns>The head, to persist where it is another than before.</returns>
    /// <exception cref="DocumentRefusedException">It breaks a rule of the lineage.</exception>
    public LineageHead Accept(SignedDocument<PermitDocument> permit) =>
        heads.AddOrUpdate(permit.Payload.Lineage, _ => LineageHead.Of(permit), (_, head) => Next(head, permit));

    /// <summary>The head after a permit, or a refusal; for a service that keeps heads in its database.</summary>
    /// <param name="head">The head that was persisted; null where none was.</param>
    /// <param name="permit">A verified permit.</param>
    /// <exception cref="DocumentRefusedException">It breaks a rule of the lineage.</exception>
    public static LineageHead Next(LineageHead? head, SignedDocument<PermitDocument> permit)
    {
        var next = LineageHead.Of(permit);
        if (head is null || head == next)
        {
            return next;
        }

        if (head.Lineage != next.Lineage)
        {
            throw new ArgumentException("The head is of another lineage.", nameof(head));
        }

        if (next.Version < head.Version)
        {
            throw new DocumentRefusedException(
                Refusal.OlderVersion,
                $"Version {head.Version} of this permit has been seen; this is {next.Version}."
            );
        }

        // Where versions between were never seen, the chain cannot be followed; Permit's signature stands alone.
        if (next.Version == head.Version || (next.Version == head.Version + 1 && permit.Payload.Previous != head.Digest))
        {
            throw new DocumentRefusedException(
                Refusal.SecondSuccessor,
                $"Another version {next.Version}, or another one before it, has been seen."
            );
        }

        return next.ApplicantSub == head.ApplicantSub && next.ApplicantOrg == head.ApplicantOrg
            ? next
            : throw new DocumentRefusedException(Refusal.OtherApplicant, "A lineage keeps its applicant, and this version names another.");
    }
}
