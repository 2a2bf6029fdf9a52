namespace HealthDataNode.Journey.Steps;

/// <summary>
/// Anybody reads afterwards what was decided and why, what left a room, what was taken back and is gone, and how long
/// it all took (EHDS 57(1)(j)), and nothing of a person.
/// </summary>
internal sealed class ReadRegister : IStep
{
    public string Name => "read-register";

    public async Task RunAsync(World world, CancellationToken cancellationToken)
    {
        var first = await EntryAsync(world, world.Lineage!, cancellationToken);
        Require(first, "As proposed.", "the reasons of a decision");
        Require(first, Handling.Trust, "the second authority");
        var second = await EntryAsync(world, world.RevokedLineage!, cancellationToken);
        Require(second, "The conditions of the permit were not kept.", "the reasons of the revocation");
        var releases = await world.Anybody.GetTextAsync("/permit/v1/releases", cancellationToken);
        Require(releases, world.Release!, "the digest of what left the room");
        var statistics = await world.Anybody.GetTextAsync("/permit/v1/statistics", cancellationToken);
        Require(statistics, Handling.Hdab, "the days of the access body");
        Require(statistics, Handling.Trust, "the days of the hospital trust");
        var table = await world.Anybody.GetTextAsync("/permit/v1/statistics?format=csv", cancellationToken);
        Require(table, Handling.Trust, "the same as CSV");
        foreach (var text in new[] { first, second, releases, statistics, table })
        {
            if (world.People.Subs.Any(sub => text.Contains(sub, StringComparison.Ordinal)))
            {
                throw new StepFailedException("What everybody may read names a person.");
            }
        }
    }

    private static async Task<string> EntryAsync(World world, string lineage, CancellationToken cancellationToken) =>
        (await Register.OfAsync(world, lineage, cancellationToken))?.ToJsonString()
        ?? throw new StepFailedException($"The register does not have {lineage}.");

    private static void Require(string text, string part, string what)
    {
        if (!text.Contains(part, StringComparison.Ordinal))
        {
            throw new StepFailedException($"The register does not show {what}.");
        }
    }
}
