namespace HealthDataNode.Journey;

/// <summary>Waits for a condition with a deadline.</summary>
internal static class Waiting
{
    public static async Task UntilAsync(string what, TimeSpan atMost, Func<Task<bool>> holds, CancellationToken cancellationToken)
    {
        var until = DateTime.UtcNow + atMost;
        while (!await holds())
        {
            if (DateTime.UtcNow > until)
            {
                throw new StepFailedException($"Waited {atMost} for {what}.");
            }
            await Task.Delay(TimeSpan.FromMilliseconds(300), cancellationToken);
        }
    }
}
