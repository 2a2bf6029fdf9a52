using System.Net;

namespace HealthDataNode.Journey.Steps;

/// <summary>
/// An officer of each authority assesses its case and proposes an outcome (EHDS 68(1), (2)); the other authority's
/// case does not exist for them.
/// </summary>
internal sealed class PrepareCases : IStep
{
    public string Name => "prepare-cases";

    public async Task RunAsync(World world, CancellationToken cancellationToken)
    {
        var (hdab, trust) = (world.Cases.Of(Handling.Hdab), world.Cases.Of(Handling.Trust));
        await RefusedAsync(world, "case.officer", trust, cancellationToken);
        await RefusedAsync(world, "trust.officer", hdab, cancellationToken);
        await Handling.PrepareAsync(world, "case.officer", hdab, cancellationToken);
        await Handling.PrepareAsync(world, "trust.officer", trust, cancellationToken);
    }

    private static async Task RefusedAsync(World world, string officer, string @case, CancellationToken cancellationToken)
    {
        var browser = await world.AtEdgeAsync(officer, cancellationToken);
        var answer = await browser.StatusAsync(HttpMethod.Get, $"/permit/v1/cases/{@case}", null, cancellationToken);
        if (answer != HttpStatusCode.NotFound)
        {
            throw new StepFailedException($"{officer} was answered {(int)answer} about a case of another authority, not 404.");
        }
    }
}
