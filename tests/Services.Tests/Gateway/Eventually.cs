using System.Diagnostics;

namespace HealthDataNode.Services.Tests.Gateway;

/// <summary>Waits for a condition, with a deadline.</summary>
internal static class Eventually
{
    public static async Task Async(Func<bool> condition)
    {
        for (var deadline = Stopwatch.StartNew(); !condition(); await Task.Delay(20))
        {
            Assert.True(deadline.Elapsed < TimeSpan.FromSeconds(20), "It did not happen in 20 s.");
        }
    }
}
