using HealthDataNode.Protocol.Pseudonyms;
using HealthDataNode.Pseudonymisation.Persistence;
using Microsoft.EntityFrameworkCore;

namespace HealthDataNode.Pseudonymisation.Features;

/// <summary>
/// The tokens issued for an order and the tokens re-keyed must be the same, by count and sum: else the holder asked about
/// persons whose rows it never sent, to learn who is withheld.
/// </summary>
internal static class Agreement
{
    public static async Task<bool> HoldsAsync(PseudonymisationDb database, string digest, CancellationToken cancellationToken)
    {
        var issued = await database
            .Parts.Where(part => part.OrderDigest == digest)
            .Select(part => new { part.Issued, part.TokenSum })
            .ToListAsync(cancellationToken);
        var rekeyed = await database
            .Rekeys.Where(batch => batch.OrderDigest == digest)
            .Select(batch => new { batch.Records, batch.TokenSum })
            .ToListAsync(cancellationToken);
        return issued.Aggregate(default(TokenSum), (sum, part) => sum.Add(TokenSum.From(part.Issued, part.TokenSum)))
            == rekeyed.Aggregate(default(TokenSum), (sum, batch) => sum.Add(TokenSum.From(batch.Records, batch.TokenSum)));
    }
}
