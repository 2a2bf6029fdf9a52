using System.Runtime.CompilerServices;
using System.Text.Json;

namespace HealthDataNode.Services.Tests.Protocol;

/// <summary>The files of tests/vectors, which another language can read as well.</summary>
internal static class Vectors
{
    public static JsonElement Json(string name)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(Path(name)));
        return document.RootElement.Clone();
    }

    public static string[] Lines(string name) => File.ReadAllLines(Path(name));

    public static string Text(this JsonElement element, string name) => element.GetProperty(name).GetString()!;

    public static byte[] Hex(this JsonElement element, string name) => Convert.FromHexString(element.Text(name));

    public static long? Number(this JsonElement element, string name) =>
        element.GetProperty(name) is { ValueKind: JsonValueKind.Number } number ? number.GetInt64() : null;

    public static IEnumerable<JsonElement> List(this JsonElement element, string name) => element.GetProperty(name).EnumerateArray();

    public static IEnumerable<string> Texts(this JsonElement element, string name) => element.List(name).Select(item => item.GetString()!);

    private static string Path(string name, [CallerFilePath] string here = "") =>
        System.IO.Path.Combine(System.IO.Path.GetDirectoryName(here)!, "..", "..", "vectors", name);
}
