using HealthDataNode.Catalogue.Domain;
using HealthDataNode.Catalogue.Persistence;
using HealthDataNode.ServiceDefaults.Problems;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HealthDataNode.Catalogue.Features;

/// <summary>Which sources there are; with <c>q</c>, those in whose texts or variables every word of it is found.</summary>
public static class ListDescriptions
{
    private const int LargestPage = 200;

    /// <param name="Descriptions">By source.</param>
    /// <param name="Next">Value of <c>after</c> for the next page; absent at the end.</param>
    public sealed record Response(IReadOnlyList<Item> Descriptions, string? Next);

    /// <param name="Source">The source.</param>
    /// <param name="Version">The newest version.</param>
    /// <param name="Holder">Party id of the holder.</param>
    /// <param name="HolderOrg">Its organisation number.</param>
    /// <param name="HolderName">Its name.</param>
    /// <param name="Title">Title.</param>
    /// <param name="HealthCategories">Codes.</param>
    /// <param name="NumberOfRecords">Rows.</param>
    /// <param name="NumberOfUniqueIndividuals">Persons.</param>
    /// <param name="Variables">How many variables.</param>
    /// <param name="Matches">Names of the variables in which a word of <c>q</c> is found, at most 20.</param>
    /// <param name="PublishedAt">When, UTC.</param>
    public sealed record Item(
        string Source,
        int Version,
        string Holder,
        string HolderOrg,
        string HolderName,
        LocalText Title,
        IReadOnlyList<string> HealthCategories,
        long? NumberOfRecords,
        long? NumberOfUniqueIndividuals,
        int Variables,
        IReadOnlyList<string> Matches,
        DateTimeOffset PublishedAt
    );

    /// <summary>GET /v1/descriptions?q=&amp;after=&amp;limit=.</summary>
    public static void Map(RouteGroupBuilder api) =>
        api.MapGet("/descriptions", Handle).AllowAnonymous().WithSummary("Find sources").ProducesProblem(400);

    private static async Task<Results<Ok<Response>, ProblemHttpResult>> Handle(
        CatalogueDb db,
        CancellationToken cancellationToken,
        string q = "",
        string after = "",
        int limit = 100
    )
    {
        if (limit is < 1 or > LargestPage || q.Length > 200 || q.Contains('\0') || after.Contains('\0'))
        {
            return Problem.Invalid(
                new Dictionary<string, string[]> { ["q"] = ["at most 200 characters"], ["limit"] = [$"1 to {LargestPage}"] }
            );
        }
        var words = q.ToLowerInvariant().Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var query = db.Current.Where(d => string.Compare(d.Source, after) > 0);
        foreach (var word in words)
        {
            query = query.Where(d => d.SearchText.Contains(word));
        }
        var page = await query.OrderBy(d => d.Source).Take(limit).ToListAsync(cancellationToken);
        var items = page.ConvertAll(stored => ItemOf(stored.Read(), words));
        return TypedResults.Ok(new Response(items, items.Count == limit ? items[^1].Source : null));
    }

    private static Item ItemOf(PublishedDescription d, string[] words) =>
        new(
            d.Source,
            d.Version,
            d.Holder,
            d.HolderOrg,
            d.HolderName,
            d.Title,
            d.HealthCategories,
            d.NumberOfRecords,
            d.NumberOfUniqueIndividuals,
            d.Variables.Count,
            [.. d.Variables.Where(variable => Matches(variable, words)).Select(variable => variable.Name).Take(20)],
            d.PublishedAt
        );

    private static bool Matches(Variable variable, string[] words) =>
        words.Any(word =>
            ((string[])[variable.Name, .. variable.Title.All, .. variable.Summary.All]).Any(text =>
                text.Contains(word, StringComparison.OrdinalIgnoreCase)
            )
        );
}
