namespace HealthDataNode.Stack.Tests;

/// <summary>
/// What happens in the world while people act, as `./run` lets it happen: the population register hears of a merge
/// after delivery, and the line of the hospital trust is slow while a permit is revoked.
/// </summary>
internal sealed class WorldAround(Stack stack)
{
    private string Throttle => stack.In("hospitaltrust", "throttle");

    /// <summary>A step has begun.</summary>
    public void Begins(string step)
    {
        switch (step)
        {
            case "receive-alias":
                var fed = File.ReadLines(stack.In("holder", "population.csv")).Count();
                // Numbers go on from file to file: the header of each is a line too.
                var next = File.ReadLines(stack.In("holder", "population-late.csv"))
                    .FirstOrDefault(line => line.StartsWith($"{fed},", StringComparison.Ordinal));
                if (next is not null)
                {
                    File.AppendAllText(stack.In("holder", "population.csv"), next + "\n");
                }
                break;
            case "revoke":
                File.WriteAllText(Throttle, "1000\n");
                break;
        }
    }

    /// <summary>A step has ended, well or not.</summary>
    public void Ends(string step)
    {
        if (step == "revoke")
        {
            File.Delete(Throttle);
            File.Delete(stack.In("deathregistry", "throttle"));
        }
    }
}
