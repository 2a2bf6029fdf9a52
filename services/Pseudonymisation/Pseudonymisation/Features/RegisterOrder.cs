using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Problems;
using HealthDataNode.Protocol.Trust;
using HealthDataNode.Pseudonymisation.Keys;
using HealthDataNode.Pseudonymisation.Leases;
using HealthDataNode.Pseudonymisation.Persistence;
using HealthDataNode.ServiceDefaults.Identity;
using Microsoft.EntityFrameworkCore;

namespace HealthDataNode.Pseudonymisation.Features;

/// <summary>
/// Gateway makes an order known, with the permit behind it. Both signatures are checked here; what the order allows is
/// taken from them and from nothing else. The lineage's key is made at its first order.
/// </summary>
internal static class RegisterOrder
{
    internal sealed record Request(string Order, string Permit);

    public static void Map(IEndpointRouteBuilder orders) =>
        orders.MapPut("", HandleAsync).ForParty("gateway").WithName("RegisterOrder").WithSummary("Makes an order known");

    private static async Task<IResult> HandleAsync(
        string digest,
        Request request,
        PseudonymisationDb database,
        OrderAndPermit documents,
        IPermitKeyStore keys,
        PermitGate permits,
        TimeProvider time,
        CancellationToken cancellationToken
    )
    {
        await using var transaction = await database.Database.BeginTransactionAsync(cancellationToken);
        await database.LockLineagesAsync(cancellationToken);
        if (await database.Orders.AsNoTracking().AnyAsync(order => order.Digest == digest, cancellationToken))
        {
            // The digest names the very document, so a repeated registration changes nothing.
            return TypedResults.NoContent();
        }
        VerifiedOrder verified;
        Lineage? lineage;
        try
        {
            verified = documents.Verify(request.Order, request.Permit);
            lineage = await database.Lineages.FindAsync([verified.Order.Payload.Lineage], cancellationToken);
            if (lineage is not null && verified.Permit.Payload.Version < lineage.Version)
            {
                if (await OlderRefusalAsync(permits, lineage.Head, verified, cancellationToken) is { } refusal)
                {
                    return refusal;
                }
            }
            else
            {
                var head = LineageLedger.Next(lineage?.Head, verified.Permit);
                lineage = Remember(database, lineage, head, await database.LastChangeAsync(cancellationToken));
            }
        }
        catch (DocumentRefusedException refused)
        {
            return ProtocolProblem.Of(refused).ToResult();
        }
        if (verified.Order.Digest != digest)
        {
            return Refused.Problem(ProblemTypes.DocumentRefused, 422, "Another order", "The path does not name this order's digest.");
        }
        if (lineage.ShreddedAt is not null)
        {
            return Refused.NotInForce();
        }
        if (await TakenListAsync(database, verified.Source.OptOut, lineage.Id, cancellationToken) is not { } list)
        {
            return Refused.Problem(
                ProblemTypes.DocumentRefused,
                422,
                "No such opt-out list",
                "The permit names an opt-out list that was not given for it. Permit takes one at each decision and names its number and commitment."
            );
        }
        database.Orders.Add(
            new Order
            {
                Digest = digest,
                Lineage = lineage.Id,
                Source = verified.Source.Source,
                Holder = verified.Holder,
                OrderText = request.Order,
                PermitText = request.Permit,
                PermitVersion = verified.Permit.Payload.Version,
                Budget = verified.Source.IdentifierBudget,
                OptOutList = list.List,
                State = "open",
                RegisteredAt = time.GetUtcNow(),
            }
        );
        try
        {
            await database.SaveChangesAsync(cancellationToken);
        }
        catch (DbUpdateException exception)
            when (exception.InnerException is Npgsql.PostgresException { SqlState: "23505", ConstraintName: "one_open_order" })
        {
            return Refused.Problem(
                ProblemTypes.PartConflict,
                409,
                "An order is open",
                "Close the open order of this permit and source first."
            );
        }
        keys.Ensure(lineage.Id);
        await transaction.CommitAsync(cancellationToken);
        return TypedResults.NoContent();
    }

    // EHDS 71(3): the list at the time of approval. Only one that was taken here, under its commitment, counts, and none
    // that another permit has named: nobody reaches back to a list from before somebody opted out.
    private static async Task<OptOutList?> TakenListAsync(
        PseudonymisationDb database,
        PermitOptOut named,
        string lineage,
        CancellationToken cancellationToken
    )
    {
        var list = await database.OptOutLists.SingleOrDefaultAsync(
            list => list.List == named.List && list.Commitment == named.Commitment,
            cancellationToken
        );
        if (list is null || list.Lineage is not null && list.Lineage != lineage)
        {
            return null;
        }
        list.Lineage = lineage;
        return list;
    }

    // Gateway made the order under a version that another source's order has overtaken since. It goes on under the version
    // that it began with, as long as the newest one still names its source; the head stays where it is.
    private static Task<IResult?> OlderRefusalAsync(
        PermitGate permits,
        LineageHead head,
        VerifiedOrder order,
        CancellationToken cancellationToken
    )
    {
        var applicant = order.Permit.Payload.Applicant;
        return (applicant.Sub, applicant.Org) == (head.ApplicantSub, head.ApplicantOrg)
            ? permits.RefusalAsync(order.Permit.Payload, order.Source.Source, cancellationToken)
            : throw new DocumentRefusedException(Refusal.OtherApplicant, "A lineage keeps its applicant, and this version names another.");
    }

    private static Lineage Remember(PseudonymisationDb database, Lineage? lineage, LineageHead head, long lastChange)
    {
        if (lineage is null)
        {
            lineage = new Lineage
            {
                Id = head.Lineage,
                Version = head.Version,
                Digest = head.Digest,
                ApplicantSub = head.ApplicantSub,
                ApplicantOrg = head.ApplicantOrg,
                // Its pseudonyms follow the identity history of this moment; what comes later comes as aliases.
                HistoryThrough = lastChange,
                AliasThrough = lastChange,
            };
            database.Lineages.Add(lineage);
        }
        lineage.Version = head.Version;
        lineage.Digest = head.Digest;
        return lineage;
    }
}
