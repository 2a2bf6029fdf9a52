namespace HealthDataNode.Journey.Steps;

/// <summary>A citizen opts out after both decisions, before anything need have been delivered: present everywhere (EHDS 71(3)).</summary>
internal sealed class OptOutAfter : IStep
{
    public string Name => "opt-out-after";

    public Task RunAsync(World world, CancellationToken cancellationToken) =>
        OptingOut.DeclareAsync(world, "david.citizen", OptingOut.Out, cancellationToken);
}
