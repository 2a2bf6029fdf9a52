namespace HealthDataNode.ReferenceSpe.Airlock.Checking;

/// <summary>All automatic checks of one request's files. They read each as a stream; memory does not grow with it.</summary>
internal sealed class FileCheck(AirlockPolicy policy, PseudonymSet pseudonyms, string scratch)
{
    /// <summary>What the files that come may have together.</summary>
    public long BytesLeft { get; private set; } = policy.MaximumBytes;

    /// <summary>Looks for persons in what the requester wrote: names and purpose go to the node with a release.</summary>
    public IReadOnlyList<Finding> RunOnTexts(Output output)
    {
        var findings = new Findings();
        var bytes = new ByteScan(pseudonyms);
        bytes.Scan(output.Purpose, "purpose", findings);
        bytes.Scan(output.Context, "context", findings);
        for (var i = 0; i < output.Asked.Count; i++)
        {
            bytes.Scan(output.Asked[i].Name, $"name of file {i + 1}", findings);
        }

        return findings.All;
    }

    /// <summary>Adds what it finds.</summary>
    /// <param name="taken">The file.</param>
    /// <param name="format">One of <see cref="OutputFormats"/>.</param>
    /// <param name="columns">What the requester says of a table's columns.</param>
    /// <param name="findings">Where findings go.</param>
    public void Run(TakenFile taken, string format, IReadOnlyDictionary<string, string> columns, Findings findings)
    {
        using var file = Open(taken.Path);
        if (file.Length > BytesLeft)
        {
            findings.Add(Rules.Size, taken.Name);
            return;
        }

        BytesLeft -= file.Length;
        var bytes = new ByteScan(pseudonyms);
        bytes.Scan(file, taken.Name, findings);
        new PackedFiles(policy, bytes, scratch, findings).Look(file, taken.Name);
        var content = ContentTypes.Of(file);
        if (file.Length == 0 || content != (format == OutputFormats.Csv ? null : format))
        {
            findings.Add(Rules.Type, taken.Name);
            return;
        }

        file.Position = 0;
        switch (format)
        {
            case OutputFormats.Csv:
                new TableCheck(policy, columns, pseudonyms, taken.Name, findings).Run(file);
                break;
            case OutputFormats.Png:
                ImageCheck.Png(file, taken.Name, findings);
                break;
            default:
                ImageCheck.Jpeg(file, taken.Name, findings);
                break;
        }
    }

    private static FileStream Open(string path) =>
        new(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, FileOptions.SequentialScan);
}
