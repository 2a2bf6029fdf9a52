namespace HealthDataNode.ReferenceSpe.Workspaces;

/// <summary>Several jobs, or one ingress: a writer of a DuckDB file shuts out every other process.</summary>
internal sealed class WorkspaceGate : IDisposable
{
    private const int Slots = 8;
    private readonly SemaphoreSlim slots = new(Slots, Slots);
    private readonly SemaphoreSlim writer = new(1, 1);

    public async Task<IDisposable> EnterToReadAsync(CancellationToken cancellationToken)
    {
        // Behind a writer that waits, so that jobs one after another cannot keep it out.
        await writer.WaitAsync(cancellationToken);
        try
        {
            await slots.WaitAsync(cancellationToken);
        }
        finally
        {
            writer.Release();
        }

        return new Turn(() => slots.Release());
    }

    public async Task<IDisposable> EnterToWriteAsync(CancellationToken cancellationToken)
    {
        await writer.WaitAsync(cancellationToken);
        var taken = 0;
        try
        {
            for (; taken < Slots; taken++)
            {
                await slots.WaitAsync(cancellationToken);
            }
        }
        catch
        {
            Leave(taken);
            throw;
        }

        return new Turn(() => Leave(Slots));
    }

    public void Dispose()
    {
        slots.Dispose();
        writer.Dispose();
    }

    private void Leave(int taken)
    {
        if (taken > 0)
        {
            slots.Release(taken);
        }

        writer.Release();
    }

    private sealed class Turn(Action leave) : IDisposable
    {
        private Action? leave = leave;

        public void Dispose() => Interlocked.Exchange(ref leave, null)?.Invoke();
    }
}
