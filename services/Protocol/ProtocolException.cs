namespace HealthDataNode.Protocol;

/// <summary>
/// What another party sent does not follow the protocol. Carries a stable code and a position, and never the value
/// that was judged: an exception's text reaches logs.
/// </summary>
/// <param name="code">Stable, kebab-case, for example <c>record-out-of-order</c>.</param>
/// <param name="detail">One sentence without any value from the data.</param>
/// <param name="position">
/// Where: record number from 0, segment number from 0 or line number from 1 (the header line is 1), as the code has it.
/// </param>
/// <param name="column">Column from 0 in a row file, the person column included.</param>
/// <param name="inner">The cause, if any.</param>
public sealed class ProtocolException(string code, string detail, long? position = null, int? column = null, Exception? inner = null)
    : Exception($"{code}: {detail}{At(position)}", inner)
{
    /// <summary>Stable code, kebab-case.</summary>
    public string Code { get; } = code;

    /// <summary>Record or segment number from 0, or line number from 1.</summary>
    public long? Position { get; } = position;

    /// <summary>Column from 0 in a row file, the person column included.</summary>
    public int? Column { get; } = column;

    private static string At(long? position) => position is null ? "" : $" (at {position})";
}
