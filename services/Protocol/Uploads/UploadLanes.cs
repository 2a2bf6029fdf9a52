namespace HealthDataNode.Protocol.Uploads;

/// <summary>One request at a time for each upload. A new one ends the one before it (draft §Concurrency): the
/// sender never has two, so the older has lost its connection and only does not know it yet.</summary>
internal sealed class UploadLanes
{
    private readonly Dictionary<UploadKey, Lane> lanes = [];

    public async Task<Turn> EnterAsync(UploadKey key, CancellationToken aborted)
    {
        Lane lane;
        var mine = CancellationTokenSource.CreateLinkedTokenSource(aborted);
        CancellationTokenSource? before;
        lock (lanes)
        {
            if (!lanes.TryGetValue(key, out lane!))
            {
                lanes[key] = lane = new Lane();
            }

            lane.Users++;
            before = lane.Newest;
            lane.Newest = mine;
        }

        if (before is not null)
        {
            await CancelAsync(before);
        }

        try
        {
            // A request that was itself overtaken while it waited gives way at once.
            await lane.Gate.WaitAsync(mine.Token);
        }
        catch
        {
            Leave(key, lane, mine);
            throw;
        }

        return new Turn(this, key, lane, mine);
    }

    private static async Task CancelAsync(CancellationTokenSource source)
    {
        try
        {
            await source.CancelAsync();
        }
        catch (ObjectDisposedException)
        {
            // It was done already.
        }
    }

    private void Leave(UploadKey key, Lane lane, CancellationTokenSource mine)
    {
        lock (lanes)
        {
            if (lane.Newest == mine)
            {
                lane.Newest = null;
            }

            if (--lane.Users == 0)
            {
                lanes.Remove(key);
                lane.Gate.Dispose();
            }
        }

        mine.Dispose();
    }

    internal sealed class Turn(UploadLanes owner, UploadKey key, Lane lane, CancellationTokenSource mine) : IDisposable
    {
        /// <summary>Ends when the client is gone or a newer request came: for reading content only.</summary>
        public CancellationToken Overtaken => mine.Token;

        public void Dispose()
        {
            lane.Gate.Release();
            owner.Leave(key, lane, mine);
        }
    }

    internal sealed class Lane
    {
        public SemaphoreSlim Gate { get; } = new(1, 1);

        public CancellationTokenSource? Newest { get; set; }

        public int Users { get; set; }
    }
}
