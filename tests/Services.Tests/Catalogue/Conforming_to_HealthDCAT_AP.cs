using System.Diagnostics;
using HealthDataNode.Services.Tests.Permit;

namespace HealthDataNode.Services.Tests.Catalogue;

/// <summary>
/// The published shapes of HealthDCAT-AP release 8, NON_PUBLIC, and DCAT-AP 3.0.1, by <c>rdf-validate-shacl</c>. Needs
/// Node.js, npm's packages under .cache/shacl and the shapes in HDN_SHARED/data; else it is skipped and says why.
/// </summary>
[Trait("Article", "EHDS 77")]
public sealed class Conforming_to_HealthDCAT_AP(PostgresFixture postgres)
{
    private static readonly string Scripts = Path.Combine(PostgresFixture.Repository, "tests", "Services.Tests", "Catalogue", "Shacl");
    private static readonly string Installed = Path.Combine(PostgresFixture.Repository, ".cache", "shacl");

    [Fact]
    public async Task Has_no_violation()
    {
        var shapes = await NeedsAsync();
        await using var world = await CatalogueWorld.StartAsync(postgres);
        await world.Kari.PutJsonAsync("v1/descriptions/cancer", CatalogueWorld.Description("cancer"));
        await world.Ola.PutJsonAsync("v1/descriptions/death", CatalogueWorld.Description("death"));
        foreach (var path in new[] { "v1/descriptions/cancer/turtle", "v1/catalogue.ttl" })
        {
            var (exit, output) = await ValidateAsync(shapes, await world.Host.Anonymous.TextAsync(path));
            Assert.True(exit == 0, output);
            Assert.Contains(" 0 violations", output, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("healthdcatap:hdab ", "foaf:knows ")]
    [InlineData("geodcatap:custodian ", "dct:publisher ")]
    [InlineData("csvw:datatype ", "csvw:null ")]
    [InlineData("dct:accessRights ", "dct:subject ")]
    [InlineData("healthdcatap:hasVariables ", "dct:relation ")]
    public async Task Would_show_a_violation(string property, string instead)
    {
        var shapes = await NeedsAsync();
        await using var world = await CatalogueWorld.StartAsync(postgres);
        await world.Kari.PutJsonAsync("v1/descriptions/cancer", CatalogueWorld.Description("cancer"));
        var turtle = await world.Host.Anonymous.TextAsync("v1/descriptions/cancer/turtle");
        Assert.Contains(property, turtle, StringComparison.Ordinal);
        var (exit, output) = await ValidateAsync(shapes, turtle.Replace(property, instead, StringComparison.Ordinal));
        Assert.True(exit == 1, output);
        Assert.Contains("Violation", output, StringComparison.Ordinal);
    }

    private static async Task<string> NeedsAsync()
    {
        var shared = Environment.GetEnvironmentVariable("HDN_SHARED") ?? Path.Combine(PostgresFixture.Repository, "..", "shared");
        var shapes = Path.Combine(shared, "data");
        Assert.SkipUnless(
            File.Exists(Path.Combine(shapes, "healthdcat-ap-r8", "non-public-shapes.ttl")),
            "The shapes are not here: set HDN_SHARED to the folder that holds data/healthdcat-ap-r8 and data/dcat-ap-3.0.1."
        );
        try
        {
            await RunAsync("node", "--version");
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Skip("Node.js is not installed: apt-get install nodejs npm.");
        }
        Assert.SkipUnless(
            Directory.Exists(Path.Combine(Installed, "node_modules", "rdf-validate-shacl")),
            $"npm's packages are not in {Installed}: run tests/Services.Tests/Catalogue/Shacl/install."
        );
        return shapes;
    }

    private static async Task<(int Exit, string Output)> ValidateAsync(string shapes, string turtle)
    {
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, turtle, TestContext.Current.CancellationToken);
            // Node looks for packages beside the script.
            File.Copy(Path.Combine(Scripts, "validate.mjs"), Path.Combine(Installed, "validate.mjs"), overwrite: true);
            return await RunAsync("node", Path.Combine(Installed, "validate.mjs"), shapes, file);
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static async Task<(int Exit, string Output)> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(
            new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true }
        )!;
        var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, output + await error);
    }
}
