namespace Aspire.Hosting.Offline;

/// <summary>Ends the stack with a sentence and an exit code.</summary>
internal sealed class StackException(int exitCode, string message) : Exception(message)
{
    public int ExitCode { get; } = exitCode;
}

/// <summary>What the stack's process answers.</summary>
internal static class ExitCodes
{
    public const int Usage = 2;
    public const int Missing = 3;
    public const int NotHealthy = 4;
}
