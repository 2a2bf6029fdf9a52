namespace HealthDataNode.Services.Tests;

/// <summary>
/// A row of tests/refusals.csv, asked for by the test that it names and by no other: what the test expects is what the
/// row says, so that neither can change without the other.
/// </summary>
internal sealed record RefusalRow(string Id, string Sentence, string Judged, string Answer, string Problem, string Test)
{
    private static readonly Lazy<IReadOnlyList<RefusalRow>> Rows = new(Read);

    public static IReadOnlyList<RefusalRow> All => Rows.Value;

    /// <summary>Status and problem type of the row, for what is refused at the call.</summary>
    public static (int Status, string Problem) Call(string id)
    {
        var row = Of(id, "call");
        return (int.Parse(row.Answer, null), row.Problem);
    }

    /// <summary>What the row says of an order, an output, a job or an answer of the node, or the status of what is taken.</summary>
    public static string Says(string id, string judged) => Of(id, judged).Answer;

    private static RefusalRow Of(string id, string judged)
    {
        var row = Assert.Single(All, row => row.Id == id);
        var running = TestContext.Current;
        Assert.Equal(row.Test, $"{running.TestClass!.TestClassName.Split('.')[^1]}.{running.TestMethod!.MethodName}");
        Assert.Equal(row.Judged, judged);
        return row;
    }

    private static List<RefusalRow> Read()
    {
        var lines = File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "refusals.csv"));
        Assert.Equal("id,sentence,judged,answer,problem type,test", lines[0]);
        // No field holds a comma.
        return
        [
            .. lines
                .Skip(1)
                .Select(line => line.Split(','))
                .Select(field => new RefusalRow(field[0], field[1], field[2], field[3], field[4], field[5])),
        ];
    }
}
