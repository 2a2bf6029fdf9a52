using System.Text.Json.Serialization;

namespace HealthDataNode.Catalogue.Domain;

/// <summary>
/// What a holder says of one source, as HealthDCAT-AP release 8 (NON_PUBLIC) needs it. What is missing in the JSON is
/// empty here, so that <see cref="DescriptionRules"/> can name every wrong field at once.
/// </summary>
public record Description
{
    /// <summary>The source's name: lower-case letters, digits, underscore.</summary>
    public string Source { get; init; } = "";

    /// <summary>Party id of the holder, who takes the orders.</summary>
    public string Holder { get; init; } = "";

    /// <summary>The holder's organisation number, nine digits.</summary>
    public string HolderOrg { get; init; } = "";

    /// <summary>The holder's name.</summary>
    public string HolderName { get; init; } = "";

    /// <summary>dct:title.</summary>
    public LocalText Title { get; init; } = new();

    /// <summary>dct:description.</summary>
    [JsonPropertyName("description")]
    public LocalText Summary { get; init; } = new();

    /// <summary>dcat:keyword.</summary>
    public LocalWords Keywords { get; init; } = new();

    /// <summary>Codes of EHDS Art. 51 categories (vocabulary <c>healthcategories</c>).</summary>
    public IReadOnlyList<string> HealthCategories { get; init; } = [];

    /// <summary>Codes of the vocabulary <c>health-theme</c>.</summary>
    public IReadOnlyList<string> HealthThemes { get; init; } = [];

    /// <summary>Where the data come from (dct:provenance).</summary>
    public LocalText Provenance { get; init; } = new();

    /// <summary>Whom to write to.</summary>
    public string ContactEmail { get; init; } = "";

    /// <summary>Where to read on; http or https.</summary>
    public string ContactPage { get; init; } = "";

    /// <summary>On what the holder's processing rests: an IRI or a sentence.</summary>
    public string LegalBasis { get; init; } = "";

    /// <summary>Law that applies, as IRIs; EHDS itself must be among them.</summary>
    public IReadOnlyList<string> ApplicableLegislation { get; init; } = [];

    /// <summary>Rows.</summary>
    public long? NumberOfRecords { get; init; }

    /// <summary>Persons.</summary>
    public long? NumberOfUniqueIndividuals { get; init; }

    /// <summary>Years.</summary>
    public int? MinTypicalAge { get; init; }

    /// <summary>Years.</summary>
    public int? MaxTypicalAge { get; init; }

    /// <summary>First day covered.</summary>
    public DateOnly? TemporalStart { get; init; }

    /// <summary>Last day covered.</summary>
    public DateOnly? TemporalEnd { get; init; }

    /// <summary>Every column but the person's number, in the order of the register.</summary>
    public IReadOnlyList<Variable> Variables { get; init; } = [];

    /// <summary>What a search looks in, lower case.</summary>
    public string SearchText() =>
        string.Join('\n', Texts().Append(Source).Append(HolderName).Where(text => text.Length > 0)).ToLowerInvariant();

    private IEnumerable<string> Texts() =>
        [
            .. Title.All,
            .. Summary.All,
            .. Keywords.Nb,
            .. Keywords.En,
            .. Variables.SelectMany(v => (IEnumerable<string>)[v.Name, .. v.Title.All, .. v.Summary.All]),
        ];
}

/// <summary>A description as it was published.</summary>
public sealed record PublishedDescription : Description
{
    /// <summary>From 1.</summary>
    public int Version { get; init; }

    /// <summary>When, UTC.</summary>
    public DateTimeOffset PublishedAt { get; init; }
}

/// <summary>One variable (csvw:Column).</summary>
public sealed record Variable
{
    /// <summary>The column's name: lower-case letters, digits, underscore.</summary>
    public string Name { get; init; } = "";

    /// <summary>csvw:title.</summary>
    public LocalText Title { get; init; } = new();

    /// <summary>dct:description.</summary>
    [JsonPropertyName("description")]
    public LocalText Summary { get; init; } = new();

    /// <summary>string, integer, decimal, date or boolean.</summary>
    public string Datatype { get; init; } = "";

    /// <summary>Longest value in characters, for strings.</summary>
    public int? MaxLength { get; init; }

    /// <summary>IRI of the code list that the values are from.</summary>
    public string? CodeList { get; init; }
}

/// <summary>A text in both languages.</summary>
public sealed record LocalText
{
    /// <summary>Norwegian bokmål.</summary>
    public string Nb { get; init; } = "";

    /// <summary>English.</summary>
    public string En { get; init; } = "";

    /// <summary>Both.</summary>
    [JsonIgnore]
    public IEnumerable<string> All => [Nb, En];
}

/// <summary>Words in both languages.</summary>
public sealed record LocalWords
{
    /// <summary>Norwegian bokmål.</summary>
    public IReadOnlyList<string> Nb { get; init; } = [];

    /// <summary>English.</summary>
    public IReadOnlyList<string> En { get; init; } = [];
}
