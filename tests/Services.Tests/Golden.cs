using System.Runtime.CompilerServices;

namespace HealthDataNode.Services.Tests;

/// <summary>
/// What was agreed, as a file beside the test: a difference fails. <c>UPDATE_GOLDEN=1</c> writes what is there now, for
/// a reviewer to see in the diff.
/// </summary>
internal static class Golden
{
    public static void Matches(string file, string actual, [CallerFilePath] string test = "")
    {
        var path = Path.Combine(Path.GetDirectoryName(test)!, "Golden", file);
        actual = actual.ReplaceLineEndings("\n").TrimEnd() + "\n";
        if (Environment.GetEnvironmentVariable("UPDATE_GOLDEN") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, actual);
        }
        Assert.True(File.Exists(path), $"{path} is missing: run the test with UPDATE_GOLDEN=1 and review the file.");
        Assert.Equal(File.ReadAllText(path), actual);
    }
}
