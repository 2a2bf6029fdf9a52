using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using DuckDB.NET.Data;
using HealthDataNode.ReferenceSpe.Rooms;
using Microsoft.Extensions.DependencyInjection;

namespace HealthDataNode.Services.Tests.ReferenceSpe;

/// <summary>A workspace with two small linked sources and the person named in its permit at the door.</summary>
public class SpeRoom : IAsyncLifetime
{
    /// <summary>A cell that must not leave the room.</summary>
    internal const string Cell = "canary-7d1f";

    internal SpeWorld World { get; } = new();

    internal Grant Grant { get; private set; } = null!;

    internal HttpClient Nora { get; private set; } = null!;

    internal string Database => Path.Combine(World.Data, Grant.Lineage, "workspace.duckdb");

    public virtual ValueTask InitializeAsync() =>
        StartAsync(("Jobs:Seconds", "20"), ("Jobs:MemoryMegabytes", "512"), ("Jobs:ResultMegabytes", "16"));

    internal async ValueTask StartAsync(params (string Key, string Value)[] settings)
    {
        await World.StartAsync(true, settings);
        Grant = new Grant(World);
        await new Consignment(
            World,
            Grant,
            "cancer",
            [
                [
                    ["anna", "surgery", "2019-03-01", "71"],
                    ["berit", "surgery", "2018-01-01", "50"],
                    ["carl", "radiation", "2021-12-31", "33"],
                    ["dina", "", "2021-12-31", "33"],
                    ["erik", Cell, "2025-12-30", ""],
                ],
            ]
        ).SendAsync();
        await new Consignment(
            World,
            Grant,
            "death",
            [
                [
                    ["berit", "2018-01-11", "true"],
                ],
            ]
        ).SendAsync();
        await SpeWorld.UntilAsync("both are open", () => World.Node.Receipts.Count == 2);
        Nora = await World.PersonAsync(SpeWorld.Nora);
        await UntilOpenAsync();
    }

    /// <summary>A lease that is not renewed in time, on a machine that is busy, shuts the room for a moment.</summary>
    internal Task UntilOpenAsync() =>
        SpeWorld.UntilAsync("the room is open", () => World.Services.GetRequiredService<RoomLeases>().IsOpen(Grant.Lineage));

    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        Nora.Dispose();
        return World.DisposeAsync();
    }

    internal string FolderOf(JsonElement job) => Path.Combine(World.Data, Grant.Lineage, "jobs", job.GetProperty("id").GetString()!);

    internal Task<HttpResponseMessage> SubmitAsync(string sql, HttpClient? person = null) =>
        (person ?? Nora).PostAsJsonAsync($"/v1/workspaces/{Grant.Lineage}/jobs", new { sql }, TestContext.Current.CancellationToken);

    internal static async Task<string> IdAsync(HttpResponseMessage response) =>
        (await response.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken)).GetProperty("id").GetString()!;

    internal static async Task<(int Status, string Problem)> ProblemAsync(HttpResponseMessage response) =>
        ((int)response.StatusCode, (await TypeAsync(response)).Split('/')[^1]);

    internal static async Task<string> TypeAsync(HttpResponseMessage response) =>
        JsonDocument
            .Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))
            .RootElement.GetProperty("type")
            .GetString()!;

    /// <summary>Submits a job and waits for its end.</summary>
    internal async Task<JsonElement> RunAsync(string sql)
    {
        await UntilOpenAsync();
        using var submitted = await SubmitAsync(sql);
        Assert.Equal(HttpStatusCode.Accepted, submitted.StatusCode);
        var path = submitted.Headers.Location!;
        var until = DateTime.UtcNow.AddSeconds(60);
        while (true)
        {
            var job = await Nora.GetFromJsonAsync<JsonElement>(path, TestContext.Current.CancellationToken);
            if (State(job) is not ("queued" or "running"))
            {
                return job;
            }

            Assert.True(DateTime.UtcNow < until, "The job did not end.");
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }
    }

    internal static string State(JsonElement job) => job.GetProperty("state").GetString()!;

    internal List<string> Result(JsonElement job, string sql = "SELECT * FROM result") =>
        Read("Data Source=:memory:", $"WITH result AS (FROM read_parquet('{FolderOf(job)}/result.parquet')) {sql}");

    internal List<string> ReadWorkspace(string sql) => Read($"Data Source={Database};ACCESS_MODE=READ_ONLY", sql);

    internal static List<string> Read(string source, string sql)
    {
        using var connection = new DuckDBConnection(source);
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        using var reader = command.ExecuteReader();
        var rows = new List<string>();
        while (reader.Read())
        {
            rows.Add(
                string.Join('|', Enumerable.Range(0, reader.FieldCount).Select(i => reader.IsDBNull(i) ? "NULL" : reader.GetValue(i)))
            );
        }

        return rows;
    }
}

/// <summary>A room whose jobs have time: where their making is not what is tested, a busy machine does not end them.</summary>
public sealed class PatientRoom : SpeRoom
{
    public override ValueTask InitializeAsync() => StartAsync(("Jobs:Seconds", "120"), ("Jobs:MemoryMegabytes", "512"));
}
