namespace Aspire.Hosting.Offline;

/// <summary>
/// How `./run start NAME` and the like reach the stack from another shell: a file ID.request in DIR/control, whose words are
/// the command, is answered by ID.answer, exit code on the first line. Files, because a shell needs no further program
/// for them, and because DIR's permissions decide who may.
/// </summary>
internal sealed class ControlFiles(string directory, Func<string[], Task<(int Code, string Text)>> handle)
{
    public async Task ServeAsync(CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        while (await timer.WaitForNextTickAsync(cancellation))
        {
            foreach (var request in Directory.EnumerateFiles(directory, "*.request"))
            {
                var words = (await File.ReadAllTextAsync(request, cancellation)).Split(
                    (char[]?)null,
                    StringSplitOptions.RemoveEmptyEntries
                );
                File.Delete(request);
                _ = AnswerAsync(Path.ChangeExtension(request, ".answer"), words);
            }
        }
    }

    private async Task AnswerAsync(string file, string[] words)
    {
        var (code, text) = await handle(words);
        await File.WriteAllTextAsync(file + ".new", $"{code}\n{text}\n");
        File.Move(file + ".new", file);
    }
}
