using HealthDataNode.Gateway.Domain;
using HealthDataNode.Protocol.Leases;

namespace HealthDataNode.Gateway.Delivery;

/// <summary>
/// What runs for an order at this moment in this process, uploads of its holder and steps of its delivery, so that it can
/// be stopped in the middle: for now when a lease lapses, for good when the order is dead.
/// </summary>
internal sealed class RunningOrders(PermitLeases permits, SpeLeases environments)
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, Running> running = new(StringComparer.Ordinal);

    /// <summary>Something begins to run for an order; its end is the returned turn's disposal.</summary>
    public Turn Enter(string order)
    {
        lock (gate)
        {
            if (!running.TryGetValue(order, out var here))
            {
                running[order] = here = new Running();
            }
            here.Count++;
            return new Turn(() => Leave(order, here), here.Stop.Token);
        }
    }

    /// <summary>A source that ends when the order is cut, or when the lease of its permit or of its SPE is no longer good.</summary>
    public CancellationTokenSource While(Order order, Turn turn, CancellationToken cancellationToken) =>
        CancellationTokenSource.CreateLinkedTokenSource(
            cancellationToken,
            turn.Cut,
            permits.WhileGood(order.Lineage),
            environments.WhileGood(order.Spe)
        );

    /// <summary>Stops everything that runs for an order now.</summary>
    /// <returns>Done when it has ended.</returns>
    public Task Cut(string order)
    {
        Running? here;
        lock (gate)
        {
            if (!running.TryGetValue(order, out here))
            {
                return Task.CompletedTask;
            }
        }
        _ = here.Stop.CancelAsync();
        return here.Ended.Task;
    }

    /// <summary>Stops what runs for orders that are not open any more, whoever ended them.</summary>
    public void CutAllBut(IReadOnlySet<string> open)
    {
        List<string> over;
        lock (gate)
        {
            over = [.. running.Keys.Where(order => !open.Contains(order))];
        }
        over.ForEach(order => _ = Cut(order));
    }

    private void Leave(string order, Running here)
    {
        lock (gate)
        {
            if (--here.Count > 0)
            {
                return;
            }
            running.Remove(order);
        }
        here.Ended.TrySetResult();
    }

    private sealed class Running
    {
        public int Count { get; set; }
        public CancellationTokenSource Stop { get; } = new();
        public TaskCompletionSource Ended { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    /// <summary>One thing that runs for an order.</summary>
    public sealed class Turn(Action leave, CancellationToken cut) : IDisposable
    {
        private Action? leave = leave;

        /// <summary>Ends when the order is cut.</summary>
        public CancellationToken Cut { get; } = cut;

        public void Dispose() => Interlocked.Exchange(ref leave, null)?.Invoke();
    }
}
