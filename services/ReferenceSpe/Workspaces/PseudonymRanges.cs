namespace HealthDataNode.ReferenceSpe.Workspaces;

/// <summary>
/// Ranges that hold about as many pseudonyms each, since a cipher spreads them evenly: what is counted range by range
/// needs the memory of one, whatever the size of the delivery.
/// </summary>
internal static class PseudonymRanges
{
    private const int Rows = 100_000;
    private const long Values = 1L << 32;

    /// <summary>The conditions for so many rows, ascending.</summary>
    /// <param name="column">The pseudonyms' column, quoted.</param>
    /// <param name="rows">How many rows there are.</param>
    public static IEnumerable<string> Of(string column, long rows)
    {
        var ranges = (rows / Rows) + 1;
        for (var range = 0L; range < ranges; range++)
        {
            // The last ends behind every hex digit.
            var end = range + 1 < ranges ? $"{(range + 1) * Values / ranges:x8}" : "g";
            yield return $"{column} >= '{range * Values / ranges:x8}' AND {column} < '{end}'";
        }
    }
}
