namespace HealthDataNode.Journey.Steps;

/// <summary>
/// The hospital trust decides on its own source, with the dispensation from confidentiality that it requires: the next
/// version of the same permit names it too.
/// </summary>
internal sealed class DecideSecond : IStep
{
    private const string Applicant = "nora.researcher";

    public string Name => "decide-second";

    public async Task RunAsync(World world, CancellationToken cancellationToken)
    {
        world.Decides(Handling.Trust);
        await Handling.ApproveAsync(world, "decision.maker", world.Application!, "dispensation", cancellationToken);
        await Handling.GrantAsync(world, "trust.decider", world.Cases.Of(Handling.Trust), cancellationToken);
        var permit = await Applying.PermitAsync(world, Applicant, world.Application!, cancellationToken);
        if ((string?)permit?["lineage"] != world.Lineage || (int)permit!["version"]! != 2)
        {
            throw new StepFailedException($"After the second decision the permit is version {permit?["version"]} of {permit?["lineage"]}.");
        }
    }
}
