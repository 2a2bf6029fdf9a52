using System.Net;
using HealthDataNode.ReferenceSpe.Jobs;
using Microsoft.Extensions.DependencyInjection;

namespace HealthDataNode.Services.Tests.ReferenceSpe;

/// <summary>Jobs of somebody who is named in the permit and means no good: the sandbox is really there.</summary>
public sealed class Running_a_job(SpeRoom room) : IClassFixture<SpeRoom>
{
    private const string Survival = """
        SELECT c.treatment_group,
               count(*) AS tumours,
               count(d.pseudonym) AS deaths,
               sum(date_diff('day', c.diagnosis_date, coalesce(d.death_date, DATE '2025-12-31'))) AS days
        FROM cancer_typed c LEFT JOIN death_typed d USING (pseudonym)
        WHERE c.treatment_group IS NOT NULL
        GROUP BY 1 ORDER BY 1
        """;

    [Fact]
    public async Task Links_the_sources_and_leaves_its_result_in_the_room()
    {
        var job = await room.RunAsync(Survival);
        Assert.Equal("done", SpeRoom.State(job));
        Assert.Equal(["canary-7d1f|1|0|1", "radiation|1|0|1461", "surgery|2|1|2507"], room.Result(job));
        var folder = room.FolderOf(job);
        Assert.Equal(
            ["query.sql", "result.parquet", "stderr", "stdout"],
            Directory.EnumerateFiles(folder).Select(Path.GetFileName).Order(StringComparer.Ordinal)
        );
    }

    [Fact]
    public async Task Gives_every_type_a_place_in_the_result()
    {
        var job = await room.RunAsync(
            """
            SELECT 1::TINYINT a, 2::BIGINT b, 1.5::DOUBLE c, true d, DATE '2020-02-29' e, 'é' f,
                   12345678901234567890123456789012345678::HUGEINT g, 1.25 h, [1, NULL] i, {'x': 1} j,
                   TIMESTAMP '2020-01-01 00:00:00' k, NULL l, 18446744073709551615::UBIGINT m, 1 AS a
            FROM range(20000) ORDER BY 1;
            """
        );
        Assert.Equal("done", SpeRoom.State(job));
        var row = Assert.Single(room.Result(job, "SELECT DISTINCT * REPLACE (g::VARCHAR AS g, c::VARCHAR AS c) FROM result"));
        Assert.Equal(
            "1|2|1.5|True|02/29/2020|é|12345678901234567890123456789012345678|1.25|[1, NULL]|{'x': 1}|2020-01-01 00:00:00|NULL|18446744073709551615|1",
            row
        );
        Assert.Equal(["20000"], room.Result(job, "SELECT count(*) FROM result"));
    }

    [Theory]
    [InlineData("SELEC 1", "parser", 0)]
    [InlineData("SELECT 'é' AS x, nope FROM cancer", "binder", 17)]
    [InlineData("SELECT * FROM nowhere", "binder", 14)]
    public async Task Is_told_the_class_and_position_of_an_error_in_its_sql(string sql, string error, int position)
    {
        var job = await room.RunAsync(sql);
        Assert.Equal("failed", SpeRoom.State(job));
        Assert.Equal(error, job.GetProperty("error").GetProperty("class").GetString());
        Assert.Equal(position, job.GetProperty("error").GetProperty("position").GetInt32());
    }

    /// <summary>Nothing but a class: neither a text nor a position that a cell could choose.</summary>
    [Theory]
    [InlineData("SELECT error(treatment_group) FROM cancer", "failed", "conversion", "R40")]
    [InlineData("SELECT CAST(treatment_group AS INTEGER) FROM cancer", "failed", "conversion", "R39")]
    [InlineData("SELECT strptime(treatment_group, '%Y') FROM cancer", "failed", "conversion")]
    [InlineData("SELECT * FROM read_csv('/etc/passwd')", "refused", "refused", "R35")]
    [InlineData("SELECT * FROM read_text('/job/query.sql')", "refused", "refused")]
    [InlineData("SELECT * FROM '/etc/passwd.csv'", "refused", "refused")]
    [InlineData("SELECT * FROM glob('/*')", "refused", "refused")]
    [InlineData("SELECT * FROM read_parquet('https://example.com/x.parquet')", "refused", "refused", "R36")]
    [InlineData("COPY cancer TO '/job/out.csv'", "refused", "refused")]
    [InlineData("COPY cancer TO '/workspace.duckdb'", "refused", "refused")]
    [InlineData("ATTACH '/job/other.duckdb' AS other", "refused", "refused")]
    [InlineData("INSTALL httpfs", "refused", "refused")]
    [InlineData("LOAD httpfs", "refused", "refused")]
    [InlineData("SET threads = 8", "refused", "refused")]
    [InlineData("PRAGMA enable_profiling", "refused", "refused")]
    [InlineData("CALL enable_logging(storage = 'stdout')", "refused", "refused")]
    [InlineData("SELECT * FROM enable_logging(storage = 'file', storage_path = '/job/log')", "refused", "refused", "R37")]
    [InlineData("SELECT write_log(treatment_group) FROM cancer", "refused", "refused")]
    [InlineData("SELECT * FROM duckdb_secrets()", "refused", "refused")]
    [InlineData("SELECT * FROM query('SELECT 1')", "refused", "refused")]
    [InlineData("CREATE TABLE x AS SELECT 1", "refused", "refused")]
    [InlineData("DROP TABLE cancer", "refused", "refused")]
    [InlineData("SELECT 1; SELECT 2", "refused", "refused")]
    [InlineData("SELECT 1; COPY cancer TO '/job/x.csv'", "refused", "refused")]
    [InlineData("EXPLAIN ANALYZE SELECT * FROM cancer", "refused", "refused")]
    [InlineData("-- nothing", "refused", "refused")]
    [InlineData("SELECT * FROM node.alias", "refused", "refused")]
    [InlineData("SELECT * FROM workspace.node.alias", "refused", "refused")]
    [InlineData("SELECT * FROM \"NODE\".alias", "refused", "refused")]
    [InlineData("SELECT (SELECT max(was) FROM node.alias) FROM cancer", "refused", "refused")]
    [InlineData("WITH x AS (FROM node.alias) FROM x", "refused", "refused")]
    [InlineData("SELECT * FROM (SUMMARIZE node.alias)", "refused", "refused")]
    [InlineData("DESCRIBE node.alias", "refused", "refused")]
    [InlineData("SHOW ALL TABLES", "refused", "refused")]
    [InlineData("SELECT * FROM (SHOW TABLES FROM node)", "refused", "refused")]
    [InlineData("SELECT * FROM information_schema.tables", "refused", "refused")]
    [InlineData("SELECT * FROM information_schema.schemata", "refused", "refused")]
    [InlineData("SELECT * FROM pg_catalog.pg_class", "refused", "refused")]
    [InlineData("SELECT * FROM pg_class", "refused", "refused")]
    [InlineData("SELECT * FROM SQLITE_MASTER", "refused", "refused")]
    [InlineData("SELECT * FROM main.sqlite_schema", "refused", "refused")]
    [InlineData("SELECT * FROM duckdb_tables", "refused", "refused")]
    [InlineData("SELECT * FROM duckdb_tables()", "refused", "refused")]
    [InlineData("SELECT * FROM duckdb_columns()", "refused", "refused")]
    [InlineData("SELECT * FROM pragma_storage_info('node.alias')", "refused", "refused")]
    [InlineData("SELECT * FROM query_table('node.alias')", "refused", "refused")]
    public async Task Says_nothing_of_what_it_read_or_tried(string sql, string state, string error, string? refusal = null)
    {
        var job = await room.RunAsync(sql);
        Assert.Equal(refusal is null ? state : RefusalRow.Says(refusal, "job"), SpeRoom.State(job));
        Assert.Equal($$"""{"class":"{{error}}"}""", job.GetProperty("error").GetRawText());
        Assert.DoesNotContain(SpeRoom.Cell, job.GetRawText(), StringComparison.Ordinal);
        Assert.Equal(["5"], room.ReadWorkspace("SELECT count(*) FROM cancer"));
    }

    [Theory]
    [InlineData("SELECT count(*) FROM main.cancer", "5")]
    [InlineData("SELECT count(*) FROM workspace.cancer_typed", "5")]
    [InlineData("SELECT count(*) FROM workspace.main.cancer", "5")]
    [InlineData("WITH alias AS (SELECT 7 AS n) FROM alias", "7")]
    [InlineData("SELECT column_name FROM (DESCRIBE death) LIMIT 1", "pseudonym")]
    [InlineData("SELECT string_agg(name, ' ' ORDER BY name) FROM (SHOW TABLES)", "cancer cancer_typed death death_typed")]
    public async Task Names_its_tables_as_it_likes(string sql, string result)
    {
        var job = await room.RunAsync(sql);
        Assert.Equal("done", SpeRoom.State(job));
        Assert.Equal([result], room.Result(job));
    }

    [Fact]
    public async Task Ends_when_its_time_is_over()
    {
        var job = await room.RunAsync("SELECT sum(a.range * b.range % 7) FROM range(10000000) a, range(10000000) b");
        Assert.Equal("""{"class":"timeout"}""", job.GetProperty("error").GetRawText());
    }

    [Fact]
    public async Task Ends_when_it_needs_more_memory_than_it_has_and_spills_nothing()
    {
        var job = await room.RunAsync("SELECT list(x ORDER BY hash(x)) FROM (SELECT repeat('x', 100) || range AS x FROM range(20000000))");
        Assert.Equal(RefusalRow.Says("R38", "job"), SpeRoom.State(job));
        Assert.Equal("""{"class":"out-of-memory"}""", job.GetProperty("error").GetRawText());
    }

    [Fact]
    public async Task Writes_no_more_than_it_may()
    {
        var job = await room.RunAsync("SELECT md5(range::VARCHAR) || md5((range + 1)::VARCHAR) AS x FROM range(2000000)");
        Assert.Equal("failed", SpeRoom.State(job));
    }

    [Fact]
    public async Task Is_the_same_job_under_the_same_key()
    {
        using var person = await room.World.PersonAsync(SpeWorld.Nora);
        person.DefaultRequestHeaders.Add("Idempotency-Key", "one");
        using var first = await room.SubmitAsync("SELECT 1 AS x", person);
        using var again = await room.SubmitAsync("SELECT 1 AS x", person);
        using var other = await room.SubmitAsync("SELECT 2 AS x", person);
        Assert.Equal(await SpeRoom.IdAsync(first), await SpeRoom.IdAsync(again));
        Assert.Equal(HttpStatusCode.Conflict, other.StatusCode);
    }

    /// <summary>Whatever DuckDB may be talked into: this is what its process can reach.</summary>
    [Fact]
    public async Task Can_reach_nothing_but_its_workspace_and_its_folder()
    {
        var folder = Directory.CreateDirectory(Path.Combine(room.World.Data, room.Grant.Lineage, "jobs", "by-hand")).FullName;
        JobFolder.OpenToJobs(folder);
        var database = room.Database;
        var start = room.World.Services.GetRequiredService<Sandbox>().Command(new SandboxPlaces(database, folder), "probe");
        var inside = start.ArgumentList.ToList();
        var program = inside.FindIndex(argument => argument.EndsWith("/dotnet", StringComparison.Ordinal));
        start.ArgumentList.Clear();
        const string attempts = """
            exec >&3
            id -u; grep CapEff /proc/self/status; grep NoNewPrivs /proc/self/status
            ls /
            ls /etc /root /home /work /var 2>&1 | grep -v 'No such file'
            (echo x >> /workspace.duckdb) 2>/dev/null && echo wrote workspace
            (echo x > /app/x) 2>/dev/null && echo wrote program
            (echo x > /usr/x) 2>/dev/null && echo wrote usr
            (echo x > /job/mine) && echo wrote job
            tail -n +3 /proc/net/dev | grep -v 'lo:'
            ls /proc | grep -c '^[0-9]'
            env | cut -d= -f1 | sort | tr '\n' ' '
            """;
        inside[..program].Concat(["/bin/sh", "-c", attempts]).ToList().ForEach(start.ArgumentList.Add);
        using var process = System.Diagnostics.Process.Start(start)!;
        var said = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        var lines = said.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        Assert.Equal("65534", lines[0]);
        Assert.Equal("CapEff:\t0000000000000000", lines[1]);
        Assert.Equal("NoNewPrivs:\t1", lines[2]);
        Assert.Equal(["app", "bin", "dev", "job", "lib", "lib64", "proc", "tmp", "usr", "workspace.duckdb", "wrote job"], lines[3..14]);
        Assert.InRange(int.Parse(lines[14], null), 1, 8);
        Assert.Equal("DOTNET_EnableDiagnostics DOTNET_EnableWriteXorExecute DOTNET_GCHeapHardLimit HOME PWD", lines[15]);
    }
}
