using System.Diagnostics;
using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Problems;
using HealthDataNode.ReferenceHolder.State;
using HealthDataNode.ReferenceHolder.Steps;

namespace HealthDataNode.ReferenceHolder;

/// <summary>
/// Polls the node once a second and drives each order by its stage. Killed anywhere, it goes on from the stage that was
/// written last; a fault is tried again at the next round.
/// </summary>
public sealed partial class HolderWorker(
    OrderBook book,
    ReceiveOrders receive,
    Extract extract,
    Tokenise tokenise,
    BuildParts build,
    Upload upload,
    FollowUp followUp,
    TellAudit tellAudit,
    ILogger<HolderWorker> logger
) : BackgroundService
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);
    private readonly Dictionary<string, (int Faults, DateTimeOffset Until)> pauses = [];

    internal static readonly ActivitySource Source = new("HealthDataNode.ReferenceHolder");

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            await TryAsync("receive", () => receive.RunAsync(stoppingToken), stoppingToken);
            foreach (var order in book.Unfinished())
            {
                await TryAsync(order.Id, () => DriveAsync(order, stoppingToken), stoppingToken, order);
            }
            await TryAsync("audit", () => tellAudit.RunAsync(stoppingToken), stoppingToken);
            await Task.Delay(TimeSpan.FromSeconds(1), stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task DriveAsync(HolderOrder order, CancellationToken cancellationToken)
    {
        using var activity = Source.StartActivity($"holder {order.Stage}", ActivityKind.Internal, order.TraceParent);
        switch (order.Stage)
        {
            case Stage.Accepted:
                await Task.Run(() => extract.Run(order), cancellationToken);
                break;
            case Stage.Extracted:
                await tokenise.RunAsync(order, cancellationToken);
                break;
            case Stage.Tokenised:
                await Task.Run(() => build.Run(order), cancellationToken);
                break;
            case Stage.Built:
                await upload.RunAsync(order, cancellationToken);
                break;
            case Stage.Sent:
                await followUp.RunAsync(order, cancellationToken);
                return;
        }
        // Straight on to the next stage: nothing waits for the next round.
        if (book.Unfinished().FirstOrDefault(now => now.Id == order.Id) is { } next && next.Stage != order.Stage)
        {
            await DriveAsync(next, cancellationToken);
        }
    }

    private async Task TryAsync(string what, Func<Task> action, CancellationToken stoppingToken, HolderOrder? order = null)
    {
        if (pauses.TryGetValue(what, out var pause) && DateTimeOffset.UtcNow < pause.Until)
        {
            return;
        }
        try
        {
            await action();
            pauses.Remove(what);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Stopping.
        }
        catch (ProtocolProblemException exception)
            when (order is not null
                && (
                    exception.Problem.Is(ProblemTypes.OrderRejected)
                    || exception.Problem.Is(ProblemTypes.OrderClosed)
                    || exception.Problem.Is(ProblemTypes.PermitNotInForce)
                )
            )
        {
            // The node is done with it, before we are: nothing more may be sent.
            await EndAsync(what, order, stoppingToken);
        }
        catch (DocumentRefusedException refused) when (order is not null && refused.Refusal == Refusal.PermitNotInForce)
        {
            // By our own clock, before the node says so.
            await EndAsync(what, order, stoppingToken);
        }
        catch (ProtocolProblemException exception)
        {
            NotNow(what, exception.Problem.Type);
            Pause(what);
        }
        catch (Exception exception)
        {
            NotNow(what, exception.GetType().Name);
            Pause(what);
        }
    }

    // All may have been delivered where the answer to what was sent last did not reach us, and then whose rows they were
    // is to be written down: so the node is asked. Before anything lay ready to be sent nothing can have been.
    private Task EndAsync(string what, HolderOrder order, CancellationToken stoppingToken)
    {
        var now = book.Unfinished().FirstOrDefault(now => now.Id == order.Id) ?? order;
        return TryAsync(
            $"end {what}",
            () =>
                now.Stage < Stage.Built
                    ? Task.Run(() => followUp.End(now, "rejected"), stoppingToken)
                    : followUp.RunAsync(now, stoppingToken),
            stoppingToken
        );
    }

    // A fault that stays (a spent budget, say) must not be asked about every second.
    private void Pause(string what)
    {
        var faults = pauses.GetValueOrDefault(what).Faults + 1;
        var wait = TimeSpan.FromSeconds(Math.Min(LongestPause.TotalSeconds, 0.5 * (1 << Math.Min(faults, 10))));
        pauses[what] = (faults, DateTimeOffset.UtcNow + wait);
    }

    [LoggerMessage(LogLevel.Warning, "Not now: {What} ({Reason}); trying again")]
    private partial void NotNow(string what, string reason);
}
