namespace Aspire.Hosting.Offline;

/// <summary>The console: a coloured name before each line. Every process's whole output is in its log file.</summary>
internal sealed class ConsoleLines(bool verbose, int width)
{
    private static readonly int[] Colours = [36, 32, 33, 35, 34, 96, 92, 93, 95, 94];
    private static readonly TimeSpan Silence = TimeSpan.FromMinutes(1);
    private readonly Lock gate = new();
    private readonly HashSet<string> serious = [];
    private readonly Dictionary<string, DateTime> silentUntil = [];
    private readonly bool coloured =
        (!Console.IsOutputRedirected || Environment.GetEnvironmentVariable("FORCE_COLOR") is { Length: > 0 })
        && Environment.GetEnvironmentVariable("NO_COLOR") is not { Length: > 0 };

    /// <summary>What happens to a resource.</summary>
    public void State(string name, int index, string text) => Write(name, index, text);

    /// <summary>
    /// A line of a process: shown when it is an error or all lines are asked for, with the line after it, which in .NET's
    /// format has the message. One error in a while is enough: where one server is away, all others miss it.
    /// </summary>
    public void Output(string name, int index, string line)
    {
        bool shown;
        lock (gate)
        {
            shown = serious.Remove(name) && line.StartsWith(' ');
            if (IsSerious(line) && DateTime.UtcNow >= silentUntil.GetValueOrDefault(name))
            {
                silentUntil[name] = DateTime.UtcNow + Silence;
                serious.Add(name);
                shown = true;
            }
        }
        if (verbose || (shown && !Quiet))
        {
            Write(name, index, line);
        }
    }

    /// <summary>Set when the stack stops.</summary>
    public bool Quiet { get; set; }

    public void Plain(string text)
    {
        lock (gate)
        {
            Console.Out.WriteLine(text);
            Console.Out.Flush();
        }
    }

    // The console formatter of .NET, PostgreSQL and RabbitMQ, in this order.
    private static bool IsSerious(string line) =>
        line.StartsWith("fail:", StringComparison.Ordinal)
        || line.StartsWith("crit:", StringComparison.Ordinal)
        || line.StartsWith("Unhandled exception", StringComparison.Ordinal)
        || line.Contains(" PANIC: ", StringComparison.Ordinal)
        || line.Contains(" [critical] ", StringComparison.Ordinal);

    private void Write(string name, int index, string text)
    {
        var prefix = name.PadRight(width);
        Plain(coloured ? $"\e[{Colours[index % Colours.Length]}m{prefix}\e[0m | {text}" : $"{prefix} | {text}");
    }
}
