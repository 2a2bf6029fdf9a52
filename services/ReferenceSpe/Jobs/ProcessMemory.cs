using System.Globalization;

namespace HealthDataNode.ReferenceSpe.Jobs;

/// <summary>Resident memory of a process with all that it started, as the kernel has it.</summary>
internal static class ProcessMemory
{
    public static long OfTree(int root)
    {
        var children = new Dictionary<int, List<int>>();
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (
                int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var pid)
                && Read($"{folder}/stat") is { } stat
            )
            {
                // pid (name) state parent: the name may hold anything, so from its end.
                var parent = int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[1], CultureInfo.InvariantCulture);
                (children.TryGetValue(parent, out var known) ? known : children[parent] = []).Add(pid);
            }
        }

        var sum = 0L;
        var waiting = new Stack<int>([root]);
        while (waiting.TryPop(out var pid))
        {
            if (Read($"/proc/{pid}/statm") is { } statm)
            {
                sum += long.Parse(statm.Split(' ')[1], CultureInfo.InvariantCulture) * Environment.SystemPageSize;
            }

            children.GetValueOrDefault(pid, []).ForEach(waiting.Push);
        }

        return sum;
    }

    private static string? Read(string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // It has ended in between.
            return null;
        }
    }
}
