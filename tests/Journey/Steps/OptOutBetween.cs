namespace HealthDataNode.Journey.Steps;

/// <summary>
/// A citizen opts out between two decisions: absent from what is decided later, still in what was decided before
/// (EHDS 71(3)).
/// </summary>
internal sealed class OptOutBetween : IStep
{
    public string Name => "opt-out-between";

    public Task RunAsync(World world, CancellationToken cancellationToken) =>
        OptingOut.DeclareAsync(world, "cecilie.citizen", OptingOut.Out, cancellationToken);
}
