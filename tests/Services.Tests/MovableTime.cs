namespace HealthDataNode.Services.Tests;

/// <summary>A clock that stands where the test puts it. Timers run in real time, so that waiting code still wakes up.</summary>
internal sealed class MovableTime(DateTimeOffset start) : TimeProvider
{
    private long ticks = start.UtcTicks;

    public override DateTimeOffset GetUtcNow() => new(Interlocked.Read(ref ticks), TimeSpan.Zero);

    public void Advance(TimeSpan by) => Interlocked.Add(ref ticks, by.Ticks);

    public void MoveTo(DateTimeOffset moment) => Interlocked.Exchange(ref ticks, moment.UtcTicks);
}
