namespace HealthDataNode.Catalogue;

/// <summary>Settings of the catalogue: names that stand in its Turtle.</summary>
public sealed record CatalogueOptions
{
    /// <summary><c>Catalogue:Base</c>: what the IRIs of descriptions begin with; it must outlive addresses.</summary>
    public string Base { get; init; } = "https://healthdatanode.example/catalogue";

    /// <summary><c>Catalogue:AccessBody</c>: the health data access body's name (healthdcatap:hdab).</summary>
    public string AccessBody { get; init; } = "Health data access body (synthetic)";

    /// <summary><c>Catalogue:AccessBodyOrg</c>: its organisation number.</summary>
    public string AccessBodyOrg { get; init; } = "999000001";

    /// <summary><c>Catalogue:AccessBodyEmail</c>.</summary>
    public string AccessBodyEmail { get; init; } = "hdab@healthdatanode.example";

    /// <summary><c>Catalogue:AccessBodyPage</c>: where an application begins.</summary>
    public string AccessBodyPage { get; init; } = "https://healthdatanode.example/apply";

    /// <summary>IRI of a source.</summary>
    public string IriOf(string source) => $"{Base}/v1/descriptions/{source}";
}
