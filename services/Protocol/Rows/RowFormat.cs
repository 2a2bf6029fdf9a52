namespace HealthDataNode.Protocol.Rows;

/// <summary>Row files: UTF-8, a header line and rows, LF, fields joined by U+001F, the person column first.</summary>
public static class RowFormat
{
    /// <summary>U+001F, between fields.</summary>
    public const byte Separator = 0x1F;

    /// <summary>LF, after every line, the last too.</summary>
    public const byte LineEnd = (byte)'\n';

    /// <summary>Bytes of a line at most, its LF not counted.</summary>
    public const int MaximumLine = 65_536;

    /// <summary>Name of the first column from holder to Gateway.</summary>
    public const string TokenColumn = "token";

    /// <summary>Name of the first column from Gateway to SPE.</summary>
    public const string PseudonymColumn = "pseudonym";

    // Below U+0020: separators and line ends, and what no field may hold.
    internal const byte FirstAllowed = 0x20;
}
