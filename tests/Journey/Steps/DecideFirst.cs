namespace HealthDataNode.Journey.Steps;

/// <summary>
/// The access body grants two of three sources; there is no permit until the ethics committee has approved too
/// (invariant 13: no order before every approval that the rules require). Then the first version is signed.
/// </summary>
internal sealed class DecideFirst : IStep
{
    private const string Applicant = "nora.researcher";

    public string Name => "decide-first";

    public async Task RunAsync(World world, CancellationToken cancellationToken)
    {
        world.Decides(Handling.Hdab);
        await Handling.GrantAsync(world, "decision.maker", world.Cases.Of(Handling.Hdab), cancellationToken);
        if (await Applying.PermitAsync(world, Applicant, world.Application!, cancellationToken) is not null)
        {
            throw new StepFailedException("There is a permit before the ethics approval that its sources require.");
        }
        await Handling.ApproveAsync(world, "ethics.member", world.Application!, "ethics", cancellationToken);
        var permit =
            await Applying.PermitAsync(world, Applicant, world.Application!, cancellationToken)
            ?? throw new StepFailedException("Granted and approved, and there is no permit.");
        world.Lineage = (string)permit["lineage"]!;
        if ((int)permit["version"]! != 1)
        {
            throw new StepFailedException($"The first permit is version {permit["version"]}.");
        }
    }
}
