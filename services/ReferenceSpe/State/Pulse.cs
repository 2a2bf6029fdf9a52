namespace HealthDataNode.ReferenceSpe.State;

/// <summary>Wakes a worker as soon as there is work; it looks by itself now and then all the same.</summary>
internal sealed class Pulse : IDisposable
{
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(1);
    private readonly SemaphoreSlim semaphore = new(0);

    public void Beat() => semaphore.Release();

    public async Task WaitAsync(CancellationToken cancellationToken)
    {
        await semaphore.WaitAsync(Rest, cancellationToken);
        while (semaphore.Wait(0, CancellationToken.None)) { }
    }

    public void Dispose() => semaphore.Dispose();
}

/// <summary>Wakes the worker that opens deliveries.</summary>
internal sealed class DeliveryArrived
{
    public Pulse Pulse { get; } = new();
}

/// <summary>Wakes the worker that runs jobs.</summary>
internal sealed class JobSubmitted
{
    public Pulse Pulse { get; } = new();
}

/// <summary>Wakes the worker that sends the outbox.</summary>
internal sealed class OutboxFilled
{
    public Pulse Pulse { get; } = new();
}
