using System.Text.RegularExpressions;

namespace Aspire.Hosting.Offline;

/// <summary>A resource's name as part of a variable's name.</summary>
internal static partial class EnvironmentName
{
    public static string Of(string name) => NotAllowed().Replace(name, "_").ToUpperInvariant();

    [GeneratedRegex("[^A-Za-z0-9_]")]
    private static partial Regex NotAllowed();
}

/// <summary>What Projects.targets adds to a project's metadata: the assembly to start.</summary>
public interface IBuiltProject
{
    /// <summary>The built assembly.</summary>
    string TargetPath { get; }
}
