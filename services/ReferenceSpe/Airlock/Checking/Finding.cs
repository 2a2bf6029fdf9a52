namespace HealthDataNode.ReferenceSpe.Airlock.Checking;

/// <summary>What a rule found, and where; never the value.</summary>
/// <param name="Rule">One of <see cref="Rules"/>.</param>
/// <param name="File">The file by the name under which it leaves; inside a packed one <c>outer/inner</c> by position:
/// <c>result.zip/entry 2</c>; or which of the requester's texts.</param>
/// <param name="Place">Line and column, or byte; null where it is the file as such.</param>
internal sealed record Finding(string Rule, string File, string? Place);

/// <summary>The automatic rules.</summary>
internal static class Rules
{
    /// <summary>The files together, or what is packed in one, are larger than the policy allows.</summary>
    public const string Size = "size";

    /// <summary>The content is not what the format says.</summary>
    public const string Type = "type";

    /// <summary>A person identifier.</summary>
    public const string Identifiers = "identifiers";

    /// <summary>A pseudonym of the room, or the beginning of one.</summary>
    public const string Pseudonyms = "pseudonyms";

    /// <summary>A column that was not declared, a declared one that is not there, or no count.</summary>
    public const string Columns = "columns";

    /// <summary>Rows about persons: too many, or a column that is different in nearly every one.</summary>
    public const string RowLevel = "rows";

    /// <summary>A count below the threshold, or a cell that is not of its column's kind.</summary>
    public const string Cells = "cells";

    /// <summary>Something beside an image's pixels.</summary>
    public const string Metadata = "metadata";

    /// <summary>The files are not those that were voted on.</summary>
    public const string Changed = "changed";

    /// <summary>The rules that every file goes through, in the order of a release.</summary>
    public static IReadOnlyList<string> OfChecks { get; } = [Size, Type, Identifiers, Pseudonyms, Columns, RowLevel, Cells, Metadata];

    /// <summary>Whether a rule is about files of a format.</summary>
    public static bool Applies(string rule, string format) =>
        rule switch
        {
            Columns or RowLevel or Cells => format == OutputFormats.Csv,
            Metadata => format != OutputFormats.Csv,
            _ => true,
        };
}

/// <summary>The findings about one file, a few of each rule: the rest is found when those are mended.</summary>
internal sealed class Findings
{
    private const int MostOfARule = 10;
    private readonly List<Finding> all = [];

    public IReadOnlyList<Finding> All => all;

    public void Add(string rule, string file, string? place = null)
    {
        var finding = new Finding(rule, file, place);
        if (all.Count(f => f.Rule == rule) < MostOfARule && !all.Contains(finding))
        {
            all.Add(finding);
        }
    }
}
