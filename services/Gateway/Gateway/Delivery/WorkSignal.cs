using System.Collections.Concurrent;

namespace HealthDataNode.Gateway.Delivery;

/// <summary>Wakes the worker as soon as something was committed; its poll is only the safety net.</summary>
internal class WorkSignal : IDisposable
{
    private readonly SemaphoreSlim semaphore = new(0, 1);
    private readonly ConcurrentDictionary<string, byte> urgent = new(StringComparer.Ordinal);

    /// <summary>Something changed for this order: what it waited for may be there.</summary>
    public void Pulse(string order)
    {
        urgent[order] = 0;
        Release();
    }

    /// <summary>Something is about to be committed: look a moment later.</summary>
    public void PulseSoon() => _ = Task.Delay(100).ContinueWith(_ => Release(), TaskScheduler.Default);

    /// <summary>Whether an order need not wait out its delay; asked once.</summary>
    public bool IsUrgent(string order) => urgent.TryRemove(order, out _);

    /// <summary>Waits for a pulse, but not long.</summary>
    public Task WaitAsync(TimeSpan atMost, CancellationToken cancellationToken) => semaphore.WaitAsync(atMost, cancellationToken);

    public void Dispose()
    {
        semaphore.Dispose();
        GC.SuppressFinalize(this);
    }

    private void Release()
    {
        try
        {
            semaphore.Release();
        }
        catch (Exception exception) when (exception is SemaphoreFullException or ObjectDisposedException)
        {
            // One wake-up is enough; at the end nobody needs one.
        }
    }
}

/// <summary>Wakes the watch over open orders, which looks by itself once a second.</summary>
internal sealed class WatchSignal : WorkSignal;
