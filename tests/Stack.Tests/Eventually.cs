namespace HealthDataNode.Stack.Tests;

/// <summary>Waits for a condition with a deadline.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Often = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan Seldom = TimeSpan.FromMilliseconds(200);

    public static Task TrueAsync(string what, TimeSpan atMost, Func<bool> holds) =>
        WaitAsync(what, atMost, Often, () => Task.FromResult(holds()));

    public static Task TrueAsync(string what, TimeSpan atMost, Func<Task<bool>> holds) => WaitAsync(what, atMost, Seldom, holds);

    public static async Task WaitAsync(string what, TimeSpan atMost, TimeSpan pause, Func<Task<bool>> holds)
    {
        var until = DateTime.UtcNow + atMost;
        while (!await holds())
        {
            Assert.True(DateTime.UtcNow < until, $"Waited {atMost.TotalSeconds:0} s for {what}.");
            await Task.Delay(pause, TestContext.Current.CancellationToken);
        }
    }
}
