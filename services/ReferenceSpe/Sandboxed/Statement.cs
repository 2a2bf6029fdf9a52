using System.Text.Json;
using HealthDataNode.ReferenceSpe.Jobs;

namespace HealthDataNode.ReferenceSpe.Sandboxed;

/// <summary>
/// Exactly one SELECT, as DuckDB's own parser reads it (it writes nothing but SELECTs as JSON), and in it no function
/// that reaches out of the tables, and no table but those of the sources.
/// </summary>
internal sealed class Statement(Room room)
{
    private static readonly string[] TableFunctions = ["range", "generate_series", "unnest"];
    private static readonly string[] ForbiddenFunctions = ["write_log", "getenv"];

    // A name before a table's is its schema's or its catalogue's: DuckDB takes either.
    private static readonly string[] OfTheRoom = ["main", "workspace"];

    // What DuckDB tells of itself without being asked by schema, sqlite_master say: it names every table of the file.
    private readonly Lazy<HashSet<string>> catalogue = new(() =>
        room.Texts("SELECT view_name FROM duckdb_views() WHERE internal AND schema_name IN ('main', 'pg_catalog')")
            .ToHashSet(StringComparer.OrdinalIgnoreCase)
    );

    // Deeper than DuckDB itself lets expressions be.
    private static readonly JsonDocumentOptions Deep = new() { MaxDepth = 4096 };

    /// <summary>Null where it may run.</summary>
    public JobOutcome? Judge(string sql)
    {
        using var tree = JsonDocument.Parse(room.Text("SELECT json_serialize_sql(?::VARCHAR)", sql), Deep);
        var root = tree.RootElement;
        if (root.GetProperty("error").GetBoolean())
        {
            return root.GetProperty("error_type").GetString() == "parser"
                ? JobOutcome.Failed(JobErrors.Parser, DuckErrors.Position(root, sql))
                : JobOutcome.Refused(JobErrors.Refused);
        }

        return root.GetProperty("statements").GetArrayLength() == 1 && IsInnocent(root.GetProperty("statements")[0])
            ? null
            : JobOutcome.Refused(JobErrors.Refused);
    }

    private bool IsInnocent(JsonElement start)
    {
        var waiting = new Stack<JsonElement>([start]);
        while (waiting.TryPop(out var element))
        {
            if (element.ValueKind == JsonValueKind.Array)
            {
                foreach (var item in element.EnumerateArray())
                {
                    waiting.Push(item);
                }
            }
            else if (element.ValueKind == JsonValueKind.Object)
            {
                if (!IsAllowed(element))
                {
                    return false;
                }

                foreach (var member in element.EnumerateObject())
                {
                    waiting.Push(member.Value);
                }
            }
        }

        return true;
    }

    private bool IsAllowed(JsonElement node) =>
        Type(node) switch
        {
            "TABLE_FUNCTION" => node.TryGetProperty("function", out var function)
                && TableFunctions.Contains(Text(function, "function_name"), StringComparer.OrdinalIgnoreCase),
            "FUNCTION" => !ForbiddenFunctions.Contains(Text(node, "function_name"), StringComparer.OrdinalIgnoreCase),
            "BASE_TABLE" => Text(node, "catalog_name") is null or "" or "workspace"
                && IsOfTheRoom(Text(node, "schema_name"))
                && !catalogue.Value.Contains(Text(node, "table_name") ?? ""),
            // What it describes is a query, which is looked through like any other; what it lists is not.
            "SHOW_REF" => Text(node, "schema_name") is null or "" && Text(node, "table_name") is "" or "\"tables\"",
            _ => true,
        };

    // The room's file has a schema of the node's own beside the tables: which pseudonyms became another's is no job's business.
    private static bool IsOfTheRoom(string? schema) =>
        string.IsNullOrEmpty(schema) || OfTheRoom.Contains(schema, StringComparer.OrdinalIgnoreCase);

    private static string? Type(JsonElement node) => Text(node, "type");

    private static string? Text(JsonElement node, string member) =>
        node.TryGetProperty(member, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
