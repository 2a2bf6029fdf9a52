using System.Diagnostics;
using System.Globalization;

namespace HealthDataNode.ReferenceSpe.Jobs;

/// <summary>A process with all that it started, as the kernel has it.</summary>
internal static class ProcessTree
{
    /// <summary>Resident memory of all of them, bytes.</summary>
    public static long Memory(int root) =>
        Of(root)
            .Sum(pid =>
                Read($"/proc/{pid}/statm") is { } statm
                    ? long.Parse(statm.Split(' ')[1], CultureInfo.InvariantCulture) * Environment.SystemPageSize
                    : 0
            );

    /// <summary>Holds all of them where they are. One that begins meanwhile is met by looking again.</summary>
    public static void Pause(int root)
    {
        var held = new HashSet<int>();
        while (Of(root).Where(held.Add).ToList() is { Count: > 0 } more)
        {
            Signal("-STOP", more);
        }
    }

    /// <summary>Lets all of them go on.</summary>
    public static void Resume(int root) => Signal("-CONT", Of(root));

    /// <summary>The root first, every process after the one that started it.</summary>
    public static List<int> Of(int root)
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

        var tree = new List<int> { root };
        for (var i = 0; i < tree.Count; i++)
        {
            tree.AddRange(children.GetValueOrDefault(tree[i], []));
        }

        return tree;
    }

    // The shell's own kill: there is one everywhere.
    private static void Signal(string signal, List<int> pids)
    {
        var start = new ProcessStartInfo("/bin/sh") { RedirectStandardError = true };
        foreach (var argument in (string[])["-c", "kill \"$@\"", "kill", signal])
        {
            start.ArgumentList.Add(argument);
        }

        pids.ForEach(pid => start.ArgumentList.Add(pid.ToString(CultureInfo.InvariantCulture)));
        using var process = Process.Start(start)!;
        process.StandardError.ReadToEnd();
        process.WaitForExit();
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
