using System.Diagnostics;
using System.Net;
using System.Text.Json.Nodes;

namespace HealthDataNode.Journey.Steps;

/// <summary>
/// A second permit ends in the middle of its work (EHDS 63(3), invariant 10). One of its sources is in the room, the
/// other one, decided by the hospital trust, is on its way and held there by a slow line; each authority takes its
/// decision back. The transfer stops, the room closes, its data are deleted, and then its key is shredded.
/// </summary>
/// <param name="times">How often, each with a permit of its own: once, but for a measurement.</param>
internal sealed class Revoke(int times) : IStep
{
    private const string Applicant = "ivar.researcher";
    private const string Title = "Radiotherapy and place of death";
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(5);
    private static readonly string[] Delivered = ["death"];
    private static readonly string[] Running = ["issued", "receiving", "closed", "preparing", "delivering"];

    public string Name => "revoke";

    public async Task RunAsync(World world, CancellationToken cancellationToken)
    {
        for (var i = 0; i < times; i++)
        {
            await OnceAsync(world, cancellationToken);
        }
    }

    private static async Task OnceAsync(World world, CancellationToken cancellationToken)
    {
        var (application, lineage) = await PermittedAsync(world, cancellationToken);
        await Orders.DeliveredAsync(world, Applicant, lineage, Delivered, cancellationToken);
        var ivar = await world.AtEdgeAsync(Applicant, cancellationToken);
        var inside = await world.AtDoorAsync(Applicant, cancellationToken);
        await Waiting.UntilAsync(
            "the treatments to be on their way",
            Longest,
            async () => await StateAsync(ivar, lineage, cancellationToken) == "receiving",
            cancellationToken
        );
        var room = $"/v1/workspaces/{lineage}";
        await inside.GetAsync(room, cancellationToken);

        var stopped = await RevokedAsync(
            world,
            "trust.decider",
            lineage,
            async () => !IsRunning(await StateAsync(ivar, lineage, cancellationToken)),
            cancellationToken
        );
        // It was closed while the version without the treatments was taken in; that is not the end of the permit.
        await Waiting.UntilAsync(
            "the room to be open with what is left",
            Longest,
            async () => await inside.StatusAsync(HttpMethod.Get, room, null, cancellationToken) == HttpStatusCode.OK,
            cancellationToken
        );
        var closed = await RevokedAsync(
            world,
            "decision.maker",
            lineage,
            async () => await inside.StatusAsync(HttpMethod.Get, room, null, cancellationToken) == HttpStatusCode.NotFound,
            cancellationToken
        );
        // Both are ends of reading; the slower one counts.
        world.RevokeMs.Add(Math.Max(stopped, closed));
        world.RevokedApplication = application;
        world.RevokedLineage = lineage;
        await Waiting.UntilAsync(
            "the register to say that the data are deleted and the key is shredded",
            Longest,
            async () =>
            {
                var entry = await Register.OfAsync(world, lineage, cancellationToken);
                return entry?["deletedAt"] is not null && entry["shreddedAt"] is not null;
            },
            cancellationToken
        );
    }

    private static async Task<(string Application, string Lineage)> PermittedAsync(World world, CancellationToken cancellationToken)
    {
        var application = await Applying.DraftAsync(world, Applicant, Title, cancellationToken);
        var variables = new Dictionary<string, IReadOnlyList<string>>
        {
            ["death"] = ["death_date", "place_of_death"],
            ["treatment"] = world.Variables["treatment"],
        };
        await Applying.CompleteAsync(world, Applicant, application, Title, variables, cancellationToken);
        var cases = await Applying.SubmitAsync(world, Applicant, application, cancellationToken);
        await Handling.PrepareAsync(world, "case.officer", cases.Of(Handling.Hdab), cancellationToken);
        await Handling.PrepareAsync(world, "trust.officer", cases.Of(Handling.Trust), cancellationToken);
        await Handling.ApproveAsync(world, "ethics.member", application, "ethics", cancellationToken);
        await Handling.ApproveAsync(world, "decision.maker", application, "dispensation", cancellationToken);
        await Handling.GrantAsync(world, "decision.maker", cases.Of(Handling.Hdab), cancellationToken);
        await Handling.GrantAsync(world, "trust.decider", cases.Of(Handling.Trust), cancellationToken);
        var permit =
            await Applying.PermitAsync(world, Applicant, application, cancellationToken)
            ?? throw new StepFailedException("The second application has no permit.");
        return (application, (string)permit["lineage"]!);
    }

    private static bool IsRunning(string? state) => Running.Contains(state);

    // The order of the treatments; null where it is not shown any more.
    private static async Task<string?> StateAsync(Browser ivar, string lineage, CancellationToken cancellationToken)
    {
        var orders = await Orders.OfAsync(ivar, lineage, cancellationToken);
        return (string?)orders.FirstOrDefault(order => (string?)order["source"] == "treatment")?["state"];
    }

    // Milliseconds from the answer to the revocation until what must end has ended.
    private static async Task<long> RevokedAsync(
        World world,
        string decider,
        string lineage,
        Func<Task<bool>> hasEnded,
        CancellationToken cancellationToken
    )
    {
        var browser = await world.AtEdgeAsync(decider, cancellationToken);
        var reasons = new JsonObject { ["reasons"] = "The conditions of the permit were not kept." };
        // Repeated after a lost answer it is a conflict: the decision is revoked already.
        var answer = await browser.StatusAsync(HttpMethod.Post, $"/permit/v1/permits/{lineage}/revocation", reasons, cancellationToken);
        if (answer is not (HttpStatusCode.OK or HttpStatusCode.Conflict))
        {
            throw new StepFailedException($"{decider} could not revoke: {(int)answer}.");
        }
        var clock = Stopwatch.StartNew();
        while (!await hasEnded())
        {
            if (clock.Elapsed > Longest)
            {
                throw new StepFailedException($"{decider} revoked, and {Longest} later the data can still be read.");
            }
            await Task.Delay(TimeSpan.FromMilliseconds(20), cancellationToken);
        }
        return clock.ElapsedMilliseconds;
    }
}
