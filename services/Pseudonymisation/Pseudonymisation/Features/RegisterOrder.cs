using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Problems;
using HealthDataNode.Protocol.Trust;
using HealthDataNode.Pseudonymisation.Keys;
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
            var head = LineageLedger.Next(lineage?.Head, verified.Permit);
            lineage = Remember(database, lineage, head);
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
            return Refused.Problem(ProblemTypes.PartConflict, 409, "An order is open", "Close the open order of this permit and source first.");
        }
        keys.Ensure(lineage.Id);
        await transaction.CommitAsync(cancellationToken);
        return TypedResults.NoContent();
    }

    private static Lineage Remember(PseudonymisationDb database, Lineage? lineage, LineageHead head)
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
            };
            database.Lineages.Add(lineage);
        }
        lineage.Version = head.Version;
        lineage.Digest = head.Digest;
        return lineage;
    }
}
