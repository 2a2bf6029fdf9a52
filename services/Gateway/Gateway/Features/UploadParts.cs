using HealthDataNode.Gateway.Counterparts;
using HealthDataNode.Gateway.Delivery;
using HealthDataNode.Gateway.Domain;
using HealthDataNode.Gateway.Persistence;
using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Problems;
using HealthDataNode.Protocol.Seals;
using HealthDataNode.Protocol.Uploads;
using HealthDataNode.ServiceDefaults.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace HealthDataNode.Gateway.Features;

/// <summary>
/// The holder uploads parts, each a resource of its own (draft-ietf-httpbis-resumable-upload). They are kept as they
/// came; nothing is opened before the closing document.
/// </summary>
internal sealed class UploadParts(
    GatewayDb database,
    SealVerifier seals,
    PermitGate permits,
    SpeDirectory environments,
    RunningOrders running,
    Rejecting rejecting,
    TimeProvider time,
    IOptions<GatewayOptions> options
) : IUploadReceiver
{
    private CancellationToken allowed = new(canceled: true);

    public static void Map(IEndpointRouteBuilder app) =>
        app.MapResumableUploads<UploadParts>("/v1/orders/{id}/parts").ForRole(OrderAccess.Holder).WithTags("Parts");

    public async Task<ProtocolProblem?> AuthoriseAsync(HttpContext context, string order)
    {
        var found = await FindAsync(context, order);
        if (found is null)
        {
            return ProtocolProblem.Of(ProblemTypes.NotFound, 404, "No such order", "There is no such order, or it is not yours.");
        }
        if (found.State == OrderState.Rejected)
        {
            return Rejected();
        }
        // A receipt ends it too, but for the bookkeeping: a permit that ends now does not make it a rejected one.
        if (found.HasEnded || found.Receipt is not null)
        {
            allowed = CancellationToken.None;
            return null;
        }
        if (await CheckLeasesAsync(found, context.RequestAborted) is { } problem)
        {
            return problem;
        }
        var turn = running.Enter(order);
        var may = running.While(found, turn, CancellationToken.None);
        context.Response.RegisterForDispose(may);
        context.Response.RegisterForDispose(turn);
        allowed = may.Token;
        return null;
    }

    public CancellationToken WhileAllowed(HttpContext context, string order) => allowed;

    public async Task<UploadAdmission> AdmitAsync(HttpContext context, string order, string seal)
    {
        var found = (await FindAsync(context, order))!;
        var verified = seals.Verify(seal, new SealExpectation(SealTypes.Rows, found.Holder, Parties.Gateway, found.Digest!));
        if (!found.IsOpenForParts)
        {
            // A part again, whose answer was lost, is recognised as long as its bytes are here; a new one is too late.
            var known =
                !found.HasEnded && found.Receipt is null && await IsKnownAsync(order, verified.Payload.Part, context.RequestAborted);
            return known ? UploadAdmission.Admit(verified) : UploadAdmission.Refuse(Closed());
        }
        if (await TooLargeAsync(order, verified.Payload, context.RequestAborted) is { } problem)
        {
            return UploadAdmission.Refuse(problem);
        }
        found.Receive(time.GetUtcNow());
        try
        {
            await database.SaveChangesAsync(context.RequestAborted);
        }
        catch (DbUpdateConcurrencyException)
        {
            // Another part came first, or the order was closed meanwhile.
            database.ChangeTracker.Clear();
            if ((await FindAsync(context, order))?.IsOpenForParts != true)
            {
                return UploadAdmission.Refuse(Closed());
            }
        }
        return UploadAdmission.Admit(verified);
    }

    public async Task<ProtocolProblem?> ReceiveAsync(HttpContext context, UploadState upload)
    {
        // The caller's going away does not undo what it sent.
        await using var transaction = await database.Database.BeginTransactionAsync(CancellationToken.None);
        var order = await database.LockedAsync(upload.Key.Order, CancellationToken.None);
        if (await IsKnownAsync(upload.Key.Order, upload.Key.Part, CancellationToken.None))
        {
            return null;
        }
        if (order is not { IsOpenForParts: true })
        {
            return Closed();
        }
        // Again, since parts may come side by side: here one waits for the other.
        if (await TooLargeAsync(order.Id, upload.Seal, CancellationToken.None) is { } problem)
        {
            return problem;
        }
        database.Add(
            new ReceivedPart
            {
                OrderId = order.Id,
                Part = upload.Key.Part,
                Seal = upload.SealText,
                Rows = upload.Seal.Rows,
                Length = upload.Seal.Length,
                Sha256 = upload.Seal.Sha256,
                ReceivedAt = time.GetUtcNow(),
            }
        );
        await database.SaveChangesAsync(CancellationToken.None);
        await transaction.CommitAsync(CancellationToken.None);
        GatewayTelemetry.Received.Add(upload.Seal.Length);
        return null;
    }

    // Nobody's order fills the disk on which all of them lie.
    private async Task<ProtocolProblem?> TooLargeAsync(string order, Seal part, CancellationToken cancellationToken)
    {
        var most = (long)options.Value.MostOrderMebibytes << 20;
        var others = database.Parts.Where(other => other.OrderId == order && other.Part != part.Part);
        return
            part.Part <= GatewayOptions.MostParts && await others.SumAsync(other => other.Length, cancellationToken) + part.Length <= most
            ? null
            : ProtocolProblem.Of(
                ProblemTypes.OrderTooLarge,
                413,
                "The order takes no more than this",
                $"An order has at most {GatewayOptions.MostParts} parts and {most} bytes. Send fewer and larger parts; where the extract itself is larger, ask the node's operator."
            );
    }

    // At every call, by the leases in memory; what runs when one lapses is cut off in the middle. An SPE that is suspended
    // stops the holder too: nobody sends rows for a room that may not take them (EHDS 73; architecture §9, row 12).
    private async Task<ProtocolProblem?> CheckLeasesAsync(Order order, CancellationToken cancellationToken)
    {
        try
        {
            await permits.RequireInForceAsync(order, cancellationToken);
        }
        catch (OrderRefusedException refused)
        {
            await rejecting.RejectAsync(order, refused.Rejection, cancellationToken);
            return ProtocolProblem.Of(
                ProblemTypes.PermitNotInForce,
                409,
                "The permit is not in force",
                "Nothing more is taken for this order."
            );
        }
        catch (OrderPausedException)
        {
            return ProtocolProblem.Of(
                ProblemTypes.PermitStateUnknown,
                503,
                "Nobody can say whether the permit is in force",
                "Send the part again in a moment."
            );
        }
        try
        {
            await environments.RequireLeaseAsync(order.Spe, cancellationToken);
            return null;
        }
        catch (OrderPausedException)
        {
            return ProtocolProblem.Of(
                ProblemTypes.EnvironmentNotApproved,
                503,
                "The SPE is not approved now",
                "Send the part again later: the order goes on when the SPE is approved."
            );
        }
    }

    private Task<Order?> FindAsync(HttpContext context, string order)
    {
        var party = context.User.Party();
        return database.Orders.SingleOrDefaultAsync(
            found => found.Id == order && found.Holder == party && found.State != OrderState.Issuing,
            context.RequestAborted
        );
    }

    private Task<bool> IsKnownAsync(string order, int part, CancellationToken cancellationToken) =>
        database.Parts.AnyAsync(known => known.OrderId == order && known.Part == part, cancellationToken);

    private static ProtocolProblem Rejected() =>
        ProtocolProblem.Of(ProblemTypes.OrderRejected, 409, "The order was rejected", "Wait for the next order; a case officer makes it.");

    private static ProtocolProblem Closed() =>
        ProtocolProblem.Of(ProblemTypes.OrderClosed, 409, "The order takes no more parts", "Nothing is left to send.");
}
