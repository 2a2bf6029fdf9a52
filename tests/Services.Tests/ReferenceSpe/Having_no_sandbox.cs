using System.Text.Json;
using System.Text.Json.Nodes;

namespace HealthDataNode.Services.Tests.ReferenceSpe;

/// <summary>Where the operating system does not let jobs be shut in, there are none.</summary>
public sealed class Having_no_sandbox : IAsyncLifetime
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    private readonly SpeRoom room = new();

    public ValueTask InitializeAsync() => room.StartAsync(("Jobs:Bubblewrap", "/usr/bin/no-such-program"));

    public ValueTask DisposeAsync() => room.DisposeAsync();

    [Fact]
    public async Task Refuses_every_job_with_the_reason()
    {
        var job = await room.RunAsync("SELECT 1 AS one");
        Assert.Equal("refused", SpeRoom.State(job));
        Assert.Equal("""{"class":"sandbox-unavailable"}""", job.GetProperty("error").GetRawText());
        Assert.False(Directory.Exists(room.FolderOf(job)));
        await SpeWorld.UntilAsync("it is in the audit log", () => room.World.Node.Audit.Any(e => e.Action == "job-refused"));
    }

    [Fact]
    public async Task Describes_its_calls_all_the_same()
    {
        using var anybody = new HttpClient { BaseAddress = room.World.Address };
        var text = await anybody.GetStringAsync("/openapi/v1.json", TestContext.Current.CancellationToken);
        var document = JsonNode.Parse(text)!.AsObject();
        document.Remove("servers");
        Assert.Equal(
            [
                "/ingress/v1/orders/{id}",
                "/ingress/v1/orders/{id}/manifest",
                "/ingress/v1/orders/{id}/parts",
                "/ingress/v1/orders/{id}/parts/{upload}",
                "/session",
                "/signin",
                "/signout",
                "/v1/outputs",
                "/v1/outputs/{id}",
                "/v1/outputs/{id}/files/{name}",
                "/v1/outputs/{id}/votes",
                "/v1/workspaces",
                "/v1/workspaces/{lineage}",
                "/v1/workspaces/{lineage}/jobs",
                "/v1/workspaces/{lineage}/jobs/{id}",
                "/v1/workspaces/{lineage}/outputs",
                "/v1/workspaces/{lineage}/outputs/{id}",
                "/v1/workspaces/{lineage}/outputs/{id}/files/{name}",
            ],
            document["paths"]!.AsObject().Select(path => path.Key).Order(StringComparer.Ordinal)
        );
        Golden.Matches("referencespe.openapi.json", document.ToJsonString(Indented));
    }
}
