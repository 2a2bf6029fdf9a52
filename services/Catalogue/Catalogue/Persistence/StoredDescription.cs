using System.Text.Json;
using HealthDataNode.Catalogue.Domain;
using HealthDataNode.ServiceDefaults;

namespace HealthDataNode.Catalogue.Persistence;

/// <summary>One version of a source's description.</summary>
public sealed class StoredDescription
{
    private static readonly JsonSerializerOptions Json = Options();

    /// <summary>The source.</summary>
    public required string Source { get; init; }

    /// <summary>From 1.</summary>
    public required int Version { get; init; }

    /// <summary>The holder's party id.</summary>
    public required string Holder { get; init; }

    /// <summary>The holder's organisation number.</summary>
    public required string HolderOrg { get; init; }

    /// <summary>The description as JSON.</summary>
    public required string Body { get; init; }

    /// <summary>What a search looks in, lower case.</summary>
    public required string SearchText { get; init; }

    /// <summary>When, UTC.</summary>
    public required DateTimeOffset PublishedAt { get; init; }

    /// <summary>The editor's <c>sub</c>.</summary>
    public required string PublishedBy { get; init; }

    /// <summary>The next version after <paramref name="previous"/>.</summary>
    public static StoredDescription After(StoredDescription? previous, Description description, string sub, DateTimeOffset now) =>
        new()
        {
            Source = description.Source,
            Version = (previous?.Version ?? 0) + 1,
            Holder = description.Holder,
            HolderOrg = description.HolderOrg,
            Body = BodyOf(description),
            SearchText = description.SearchText(),
            PublishedAt = now,
            PublishedBy = sub,
        };

    /// <summary>The one text of a description: equal texts are equal descriptions.</summary>
    public static string BodyOf(Description description) => JsonSerializer.Serialize(description, Json);

    /// <summary>The description with what the catalogue knows of it.</summary>
    public PublishedDescription Read() =>
        JsonSerializer.Deserialize<PublishedDescription>(Body, Json)! with
        {
            Version = Version,
            PublishedAt = PublishedAt,
        };

    private static JsonSerializerOptions Options()
    {
        var options = new JsonSerializerOptions();
        ServiceDefaultsExtensions.Configure(options);
        return options;
    }
}
