using System.Collections.Concurrent;
using HealthDataNode.ReferenceSpe.State;

namespace HealthDataNode.ReferenceSpe.Workspaces;

/// <summary>Where things lie: a folder for each workspace, named by its lineage.</summary>
internal sealed class WorkspaceFolders(SpeOptions options)
{
    private readonly ConcurrentDictionary<string, WorkspaceGate> gates = new(StringComparer.Ordinal);

    /// <summary>Parts on their way into a workspace.</summary>
    public string Ingress => Path.Combine(options.Data, ".ingress");

    public string Of(string lineage) => Path.Combine(options.Data, lineage);

    public string Database(string lineage) => Path.Combine(Of(lineage), "workspace.duckdb");

    /// <summary>The documents beside a source's table.</summary>
    public string Documents(string lineage, string source) => Path.Combine(Of(lineage), "deliveries", source);

    public string Jobs(string lineage) => Path.Combine(Of(lineage), "jobs");

    public string Job(string lineage, string job) => Path.Combine(Jobs(lineage), job);

    /// <summary>What is on its way out through the airlock.</summary>
    public string Outputs(string lineage) => Path.Combine(Of(lineage), "outputs");

    public WorkspaceGate Gate(string lineage) => gates.GetOrAdd(lineage, _ => new WorkspaceGate());

    public void Create(string lineage)
    {
        PrivateFolder.Create(Of(lineage));
        PrivateFolder.Create(Path.Combine(Of(lineage), "deliveries"));
        PrivateFolder.Create(Jobs(lineage));
    }
}
