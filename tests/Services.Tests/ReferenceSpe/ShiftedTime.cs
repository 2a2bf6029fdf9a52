namespace HealthDataNode.Services.Tests.ReferenceSpe;

/// <summary>A clock that runs, ahead of the real one by what the test says.</summary>
internal sealed class ShiftedTime : TimeProvider
{
    private long passed;

    public TimeSpan Shift { get; set; }

    /// <summary>Of the monotonic clock; the other one stands where it is.</summary>
    public void Pass(TimeSpan time) => Interlocked.Add(ref passed, (long)(time.TotalSeconds * TimestampFrequency));

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Shift;

    public override long GetTimestamp() => base.GetTimestamp() + Interlocked.Read(ref passed);
}
