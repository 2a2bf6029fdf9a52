using System.Text;
using System.Text.Json;
using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Offline;

/// <summary>stack.json and the status table: the same facts for programs and for people.</summary>
internal sealed class StackStatus(IReadOnlyList<Child> children, StackFolder folder, string? dashboard)
{
    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };
    private readonly Lock gate = new();

    /// <summary>Writes stack.json: one line for a resource, so that a shell reads it too. Whole or not at all.</summary>
    public void Write()
    {
        lock (gate)
        {
            var text = new StringBuilder();
            text.AppendLine("{");
            text.AppendLine($"  \"edge\": {Quote(UrlOf("edge"))},");
            text.AppendLine($"  \"issuer\": {Quote(UrlOf("keycloak"))},");
            text.AppendLine($"  \"dashboard\": {Quote(dashboard)},");
            text.AppendLine($"  \"ca\": {Quote(folder.Authority)},");
            text.AppendLine("  \"resources\": [");
            var lines = children.Where(child => child.Listens).Select(child => "    " + Line(child));
            text.AppendLine(string.Join(",\n", lines));
            text.AppendLine("  ]");
            text.AppendLine("}");
            var temporary = folder.StackFile + ".new";
            File.WriteAllText(temporary, text.ToString());
            File.Move(temporary, folder.StackFile, overwrite: true);
        }
    }

    /// <summary>The table for people.</summary>
    public string Table()
    {
        var rows = children
            .Select(child =>
                (
                    child.Name,
                    State: child.State is ResourceState.Running && child.Listens
                        ? child.Healthy
                            ? "healthy"
                            : "starting"
                        : child.State.ToString(),
                    Pid: child.Pid?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "",
                    Time: child.StartedIn is { } time ? $"{time.TotalSeconds:0.0} s" : "",
                    Url: UrlOf(child) ?? ""
                )
            )
            .ToList();
        var name = rows.Max(row => row.Name.Length);
        var table = new StringBuilder();
        table.AppendLine($"{"resource".PadRight(name)}  state     pid      took    address");
        foreach (var row in rows)
        {
            table.AppendLine($"{row.Name.PadRight(name)}  {row.State, -8}  {row.Pid, -7}  {row.Time, -6}  {row.Url}".TrimEnd());
        }
        return table.ToString().TrimEnd();
    }

    private static string Quote(string? text) => JsonSerializer.Serialize(text, Json);

    private string? UrlOf(string name) => children.Where(child => child.Name == name).Select(UrlOf).FirstOrDefault();

    private static string? UrlOf(Child child)
    {
        var endpoint =
            child.Resource.Annotations.OfType<EndpointAnnotation>().FirstOrDefault(e => e.UriScheme is "https")
            ?? child.Resource.Annotations.OfType<EndpointAnnotation>().FirstOrDefault();
        return endpoint?.Allocated is { } port ? $"{endpoint.UriScheme}://localhost:{port}" : null;
    }

    private static string Line(Child child)
    {
        var url = UrlOf(child);
        var probed = child.Resource.Annotations.OfType<HealthCheckAnnotation>().Any();
        return JsonSerializer.Serialize(
            new
            {
                child.Name,
                Replica = 0,
                child.Pid,
                Url = url,
                Health = probed && url is not null && !url.StartsWith("tcp", StringComparison.Ordinal) ? url + "/health" : null,
                Log = child.LogFile,
                State = child.State.ToString(),
                child.Healthy,
            },
            Json
        );
    }
}
