using System.Text;

namespace HealthDataNode.Stack.Tests;

/// <summary>
/// Everybody outside reaches the Edge through a recording proxy (`--via`), with the tap on (`--tap`): what it heard, and
/// all of DIR, is searched for identifiers, tokens, pseudonyms, rows and permit keys.
/// </summary>
[Collection(nameof(StackCollection))]
public sealed class Listening_on_the_road(Stack stack)
{
    [Fact]
    public async Task Whoever_reads_what_passes_and_what_is_kept_learns_of_nobody()
    {
        Stack.SkipWhereItCannotRun();
        (await stack.FirstJourney).MustHaveSucceeded();

        // People, a holder's identifiers and rows, and an SPE's receipt went this way.
        var heard = Encoding.Latin1.GetString(await ReadAsync(stack.Road.File));
        Assert.Contains("POST /permit/v1/applications", heard, StringComparison.Ordinal);
        Assert.Matches("POST /pseudonymisation/v1/orders/[0-9a-f]{64}/tokens/1\r\n", heard);
        Assert.Matches("POST /gateway/v1/orders/[^/]+/parts\r\n", heard);
        Assert.Matches("POST /gateway/v1/orders/[^/]+/receipt\r\n", heard);
        Assert.Contains("crypt4gh", heard, StringComparison.Ordinal);

        var (exitCode, said) = await Programs.RunAsync(
            Repository.Program("tests/Leaks"),
            ["--data", stack.Data, "--table", Repository.In("architecture-docs", "who-may-know.md"), "--also", stack.Road.File]
        );

        Assert.True(exitCode == 0, said);
        // It knew what to look for: an order's tokens can be computed only from a tapped key.
        Assert.Matches(": [1-9][0-9]* orders", said);
    }

    private static async Task<byte[]> ReadAsync(string file)
    {
        await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var whole = new MemoryStream();
        await stream.CopyToAsync(whole, TestContext.Current.CancellationToken);
        return whole.ToArray();
    }
}
