using System.ComponentModel;
using System.Diagnostics;

namespace HealthDataNode.Benchmarks;

/// <summary>What a figure was measured on.</summary>
internal static class Machine
{
    public static string Cpu { get; } =
        File.Exists("/proc/cpuinfo")
            ? File.ReadLines("/proc/cpuinfo")
                .FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))
                ?.Split(':', 2)[1]
                .Trim()
                ?? "unknown"
            : "unknown";

    public static string Commit { get; } = Output("git", "rev-parse", "HEAD")?.Trim() ?? "unknown";

    /// <summary>What a program prints, or null where there is no such program or it fails.</summary>
    public static string? Output(string program, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(
                new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true }
            )!;
            process.ErrorDataReceived += static (_, _) => { };
            process.BeginErrorReadLine();
            var output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0 ? output : null;
        }
        catch (Win32Exception)
        {
            return null;
        }
    }
}
