using System.Text.Json.Nodes;

namespace HealthDataNode.Journey;

/// <summary>What a citizen does, signed in and without a number: says no to secondary use, or takes it back (EHDS 71).</summary>
internal static class OptingOut
{
    public const string Out = "out";
    public const string In = "in";
    private const string Path = "/pseudonymisation/v1/opt-out";
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);

    /// <summary>Declares, and waits until it counts.</summary>
    public static async Task DeclareAsync(World world, string citizen, string choice, CancellationToken cancellationToken)
    {
        var browser = await world.AtEdgeAsync(citizen, cancellationToken);
        var declared = await browser.PostAsync(Path, new JsonObject { ["choice"] = choice }, cancellationToken);
        var read = await browser.GetAsync(Path, cancellationToken);
        if ((string?)declared["choice"] != choice || (string?)read["choice"] != choice)
        {
            throw new StepFailedException($"{citizen} declared {choice} and is shown {read["choice"]}.");
        }
        world.Remember((long)declared["number"]!, citizen, choice);
        var from = declared["effectiveFrom"]!.GetValue<DateTimeOffset>();
        await Waiting.UntilAsync(
            $"the declaration of {citizen} to count",
            Longest,
            () => Task.FromResult(DateTimeOffset.UtcNow >= from),
            cancellationToken
        );
    }
}
