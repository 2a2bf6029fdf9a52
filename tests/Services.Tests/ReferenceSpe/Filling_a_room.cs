using System.Net;

namespace HealthDataNode.Services.Tests.ReferenceSpe;

/// <summary>A room's results have only so much of the disk on which other rooms and the proofs of deletion lie.</summary>
public sealed class Filling_a_room : IAsyncLifetime
{
    private readonly SpeRoom room = new();

    public ValueTask InitializeAsync() => room.StartAsync(("Jobs:RoomMegabytes", "1"), ("Jobs:ResultMegabytes", "16"));

    public ValueTask DisposeAsync() => room.DisposeAsync();

    [Fact]
    public async Task Lets_no_job_begin_until_a_result_is_deleted()
    {
        var large = await room.RunAsync("SELECT md5(range::VARCHAR) AS x FROM range(100000)");
        Assert.Equal("done", SpeRoom.State(large));

        var next = await room.RunAsync("SELECT 1 AS x");
        Assert.Equal(RefusalRow.Says("R103", "job"), SpeRoom.State(next));
        Assert.Equal("""{"class":"out-of-space"}""", next.GetProperty("error").GetRawText());
        Assert.False(Directory.Exists(room.FolderOf(next)));

        using var deleted = await room.Nora.DeleteAsync(
            new Uri($"/v1/workspaces/{room.Grant.Lineage}/jobs/{large.GetProperty("id").GetString()}", UriKind.Relative),
            TestContext.Current.CancellationToken
        );
        Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
        Assert.Equal("done", SpeRoom.State(await room.RunAsync("SELECT 1 AS x")));
    }

    [Fact]
    public async Task Keeps_nothing_of_a_job_that_failed()
    {
        var failed = await room.RunAsync("SELECT md5(range::VARCHAR) || md5((range + 1)::VARCHAR) AS x FROM range(2000000)");
        Assert.Equal("failed", SpeRoom.State(failed));
        Assert.False(Directory.Exists(room.FolderOf(failed)));
    }
}
