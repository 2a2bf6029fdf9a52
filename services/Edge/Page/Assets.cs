using System.Reflection;
using System.Security.Cryptography;
using Microsoft.Net.Http.Headers;

namespace HealthDataNode.Edge.Page;

/// <summary>The page's static files, out of this assembly: under <c>/assets</c>, with their hash in the address.</summary>
internal static class Assets
{
    private const string Prefix = "assets/";

    private static readonly Dictionary<string, Asset> All = typeof(Assets)
        .Assembly.GetManifestResourceNames()
        .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal))
        .ToDictionary(name => name[Prefix.Length..], Read);

    public static string Address(string name) => $"/{Prefix}{name}?v={All[name].Hash}";

    public static void Map(IEndpointRouteBuilder endpoints) =>
        endpoints.MapGet("/assets/{name}", (Delegate)Handle).ExcludeFromDescription().AllowAnonymous();

    private static IResult Handle(string name, HttpContext context)
    {
        if (!All.TryGetValue(name, out var asset))
        {
            return Results.NotFound();
        }

        // Another version has another address.
        context.Response.Headers.CacheControl = "public, max-age=31536000, immutable";
        return Results.Bytes(asset.Bytes, asset.Type, entityTag: new EntityTagHeaderValue($"\"{asset.Hash}\""));
    }

    private static Asset Read(string name)
    {
        using var resource = Assembly.GetExecutingAssembly().GetManifestResourceStream(name)!;
        var bytes = new byte[resource.Length];
        resource.ReadExactly(bytes);
        var type = Path.GetExtension(name) is ".svg" ? "image/svg+xml" : "text/css; charset=utf-8";
        return new Asset(bytes, type, Convert.ToHexStringLower(SHA256.HashData(bytes))[..16]);
    }

    private sealed record Asset(byte[] Bytes, string Type, string Hash);
}
