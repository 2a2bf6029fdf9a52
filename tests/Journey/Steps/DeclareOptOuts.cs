namespace HealthDataNode.Journey.Steps;

/// <summary>
/// Before anybody decides: everybody is in, as a first run finds them; then three citizens opt out, and one of them
/// thinks again (EHDS 71(1)). Nobody sends a number.
/// </summary>
internal sealed class DeclareOptOuts : IStep
{
    private static readonly string[] Citizens = ["anna.citizen", "bjorn.citizen", "cecilie.citizen", "david.citizen", "elin.citizen"];

    public string Name => "declare-opt-outs";

    public async Task RunAsync(World world, CancellationToken cancellationToken)
    {
        foreach (var citizen in Citizens)
        {
            await OptingOut.DeclareAsync(world, citizen, OptingOut.In, cancellationToken);
        }
        foreach (var citizen in new[] { "anna.citizen", "bjorn.citizen", "elin.citizen" })
        {
            await OptingOut.DeclareAsync(world, citizen, OptingOut.Out, cancellationToken);
        }
        await OptingOut.DeclareAsync(world, "bjorn.citizen", OptingOut.In, cancellationToken);
    }
}
