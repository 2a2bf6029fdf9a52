using System.Text;
using System.Text.Json;
using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Pseudonyms;
using HealthDataNode.ReferenceSpe.Undoing;

namespace HealthDataNode.Services.Tests.ReferenceSpe;

/// <summary>The program for an SPE that is not ours: rows under permit pseudonyms, and a receipt.</summary>
public sealed class Undoing_a_delivery : IAsyncLifetime
{
    private static readonly string[][][] Rows =
    [
        [
            ["anna", "surgery", "2019-03-01", "71"],
            ["berit", "", "2018-01-01", "50"],
        ],
        [
            ["anna", "radiation", "2021-12-31", "33"],
        ],
    ];

    private readonly SpeWorld world = new();
    private readonly string folder = Directory.CreateTempSubdirectory("undo-").FullName;
    private Consignment consignment = null!;

    private string Output => Path.Combine(folder, "rows");

    private string Announcement => Path.Combine(folder, "announcement.json");

    public async ValueTask InitializeAsync()
    {
        await world.StartAsync();
        consignment = new Consignment(world, new Grant(world), "cancer", Rows);
        Write(consignment.Manifest.Text);
        foreach (var (number, file) in consignment.Files)
        {
            await File.WriteAllBytesAsync(Part(number), file);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await world.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task Writes_the_rows_under_permit_pseudonyms_and_signs_when_the_key_is_gone()
    {
        var receipt = Path.Combine(folder, "receipt.jws");
        Assert.Equal(0, await RunAsync(SpeWorld.Spe, "--receipt", receipt));
        Assert.Equal(
            $"pseudonym|treatment_group|diagnosis_date|age\n{Text("anna")}|surgery|2019-03-01|71\n{Text("berit")}||2018-01-01|50\n{Text("anna")}|radiation|2021-12-31|33\n",
            (await File.ReadAllTextAsync(Output, TestContext.Current.CancellationToken)).Replace('\u001F', '|')
        );
        Assert.Equal(["receipt.jws", "rows"], Directory.EnumerateFiles(folder).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        var signed = world.Trust.Verify<Receipt>(await File.ReadAllTextAsync(receipt, TestContext.Current.CancellationToken), SpeWorld.Spe);
        Assert.Equal((consignment.Manifest.Digest, 3L, 2L), (signed.Payload.Manifest, signed.Payload.Rows, signed.Payload.Persons));
    }

    [Theory]
    [InlineData("a changed part")]
    [InlineData("a manifest of another order")]
    [InlineData("another SPE's key")]
    public async Task Writes_nothing_of(string what)
    {
        if (what == "a changed part")
        {
            await File.AppendAllTextAsync(Part(2), "x", TestContext.Current.CancellationToken);
        }
        else if (what == "a manifest of another order")
        {
            Write(new Consignment(world, consignment.Grant, "cancer", Rows).Manifest.Text);
        }

        Assert.Equal(1, await RunAsync(what == "another SPE's key" ? "otherspe" : SpeWorld.Spe));
        Assert.False(File.Exists(Output));
        Assert.True(File.Exists(Announcement));
    }

    [Fact]
    public async Task Says_how_it_is_called() => Assert.Equal(2, await UndoProgram.RunAsync(["--party", "x"]));

    private static string Text(string person) => PseudonymText.Format(Consignment.Pseudonym(person));

    private string Part(int number) => Path.Combine(folder, $"{number}.c4gh");

    private void Write(string manifest) =>
        File.WriteAllText(
            Announcement,
            JsonSerializer.Serialize(
                new
                {
                    permit = consignment.Grant.Permit.Text,
                    order = consignment.Order.Text,
                    manifest,
                    deliveryKey = new { seal = consignment.KeySeal.Text, box = consignment.Box },
                }
            ),
            Encoding.UTF8
        );

    private Task<int> RunAsync(string party, params string[] more) =>
        UndoProgram.RunAsync([
            "--party",
            party,
            "--keys",
            world.KeysOf(party),
            "--statements",
            world.Settings["Trust:Statements"],
            "--root",
            world.Settings["Trust:Root"],
            "--announcement",
            Announcement,
            "--parts",
            folder,
            "--output",
            Output,
            .. more,
        ]);
}
