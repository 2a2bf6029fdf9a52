namespace HealthDataNode.Stack.Tests;

/// <summary>Where the built programs of this repository are.</summary>
internal static class Repository
{
    private static readonly string Root = FindRoot();

    // .../bin/CONFIGURATION/net10.0/
    private static readonly string Configuration = new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;

    public static string AppHost => In("AppHost", "bin", "Offline", Configuration, "net10.0", "HealthDataNode.AppHost.dll");

    public static string In(params string[] parts) => Path.Combine([Root, .. parts]);

    public static string Program(string project) =>
        In(project, "bin", Configuration, "net10.0", $"HealthDataNode.{Path.GetFileName(project)}.dll");

    private static string FindRoot()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(directory.FullName, "HealthDataNode.sln")))
        {
            directory = directory.Parent ?? throw new InvalidOperationException("No HealthDataNode.sln above the tests.");
        }
        return directory.FullName;
    }
}
