using HealthDataNode.ReferenceSpe.Jobs;
using Microsoft.Extensions.DependencyInjection;

namespace HealthDataNode.Services.Tests.ReferenceSpe;

public sealed class Ending_a_job : IAsyncLifetime
{
    private readonly SpeRoom room = new();

    public ValueTask InitializeAsync() => room.InitializeAsync();

    public ValueTask DisposeAsync() => room.DisposeAsync();

    [Fact]
    [Trait("Invariant", "10")]
    [Trait("Article", "EHDS 63(3)")]
    public async Task Ends_within_seconds_when_its_person_may_not_be_there_any_more()
    {
        using var response = await room.SubmitAsync("SELECT sum(a.range * b.range % 7) FROM range(10000000) a, range(10000000) b");
        var id = await SpeRoom.IdAsync(response);
        var jobs = room.World.Services.GetRequiredService<JobQueue>();
        await SpeWorld.UntilAsync("it runs", () => jobs.Find(room.Grant.Lineage, id)!.State == "running");
        room.World.Node.Persons.Clear();
        await SpeWorld.UntilAsync("it has ended", () => jobs.Find(room.Grant.Lineage, id)!.State == "refused", seconds: 5);
    }

    [Fact]
    public async Task Is_run_anew_after_the_program_was_killed_in_its_midst()
    {
        var jobs = room.World.Services.GetRequiredService<JobQueue>();
        room.World.Node.IsSilent = true; // It cannot begin.
        var job = jobs.Submit(room.Grant.Lineage, SpeWorld.Nora, "SELECT 1 AS one", null, null).Job!;
        await room.World.StopAsync();
        room.World.Node.IsSilent = false;
        await room.World.StartAsync();
        jobs = room.World.Services.GetRequiredService<JobQueue>();
        await SpeWorld.UntilAsync("it is done", () => jobs.Find(room.Grant.Lineage, job.Id)!.State == "done");
    }
}
