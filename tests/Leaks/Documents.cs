using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace HealthDataNode.Leaks;

/// <summary>An order that was given: its digest is what its keys are made from.</summary>
internal sealed record Order(string Lineage, string Source, string Digest);

/// <summary>The orders of the run and the columns that permits name, from the documents wherever they are kept as text.</summary>
internal sealed partial class Documents
{
    public HashSet<Order> Orders { get; } = [];

    /// <summary>Each list of columns that a permit names for a source: the form in which rows travel.</summary>
    public HashSet<(string Source, string Columns)> Columns { get; } = [];

    public static Documents In(IEnumerable<FileInfo> files)
    {
        var documents = new Documents();
        foreach (var file in files)
        {
            foreach (var line in File.ReadLines(file.FullName, Encoding.Latin1))
            {
                foreach (var match in CompactJws().EnumerateMatches(line))
                {
                    documents.Add(line.Substring(match.Index, match.Length));
                }
            }
        }
        return documents;
    }

    // Reading, not trusting: whether the signatures hold is the services' business and is tested there.
    private void Add(string jws)
    {
        var parts = jws.Split('.');
        try
        {
            using var header = JsonDocument.Parse(Base64Url.DecodeFromChars(parts[0]));
            var type = header.RootElement.TryGetProperty("typ", out var typ) ? typ.GetString() : null;
            if (type is not ("order+jwt" or "permit+jwt"))
            {
                return;
            }
            using var payload = JsonDocument.Parse(Base64Url.DecodeFromChars(parts[1]));
            var root = payload.RootElement;
            if (type == "order+jwt")
            {
                var digest = SHA256.HashData(Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}"));
                Orders.Add(
                    new(root.GetProperty("lineage").GetString()!, root.GetProperty("source").GetString()!, Convert.ToHexStringLower(digest))
                );
                return;
            }
            foreach (var source in root.GetProperty("sources").EnumerateArray())
            {
                var names = source.GetProperty("columns").EnumerateArray().Select(column => column.GetProperty("name").GetString());
                Columns.Add((source.GetProperty("source").GetString()!, string.Join(',', names)));
            }
        }
        catch (Exception exception) when (exception is JsonException or FormatException or KeyNotFoundException)
        {
            // It only looked like a document.
        }
    }

    [GeneratedRegex(@"eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{86}")]
    private static partial Regex CompactJws();
}
