using System.ComponentModel.DataAnnotations;

namespace HealthDataNode.ReferenceHolder;

/// <summary>What a holder needs to know: who it is, whom it trusts, where the node is, and its one source.</summary>
public sealed class HolderOptions
{
    /// <summary>Party id, which is the client id (<c>Party:Id</c>).</summary>
    [Required]
    public string Party { get; set; } = "";

    /// <summary>Directory with sign-N.pem, encryption-1.key and client.pem (<c>Party:Keys</c>).</summary>
    [Required]
    public string Keys { get; set; } = "";

    /// <summary>Statements of the node's root (<c>Trust:Statements</c>).</summary>
    [Required]
    public string Statements { get; set; } = "";

    /// <summary>The root's fingerprint, given by hand (<c>Trust:Root</c>).</summary>
    [Required]
    public string Root { get; set; } = "";

    /// <summary>The Edge (<c>Node:Edge</c>).</summary>
    [Required, Url]
    public string Edge { get; set; } = "";

    /// <summary>The issuer, exactly as in its discovery document.</summary>
    [Required, Url]
    public string Issuer { get; set; } = "";

    /// <summary>The source that this holder holds (<c>Holder:Source</c>).</summary>
    [Required]
    public string Source { get; set; } = "";

    /// <summary>Its rows: RFC 4180 with a header, first column <c>person_id</c> (<c>Holder:File</c>).</summary>
    [Required]
    public string File { get; set; } = "";

    /// <summary>The holder's own folder (<c>Data:Directory</c>).</summary>
    [Required]
    public string Directory { get; set; } = "";

    /// <summary>Identifiers in one part at most (<c>Holder:IdentifiersPerPart</c>).</summary>
    [Range(1, 700_000)]
    public int IdentifiersPerPart { get; set; } = 500_000;

    /// <summary>Bytes of rows in one part, about (<c>Holder:PartBytes</c>); the protocol's limit is 64 MiB.</summary>
    [Range(1024, 60 * 1024 * 1024)]
    public int PartBytes { get; set; } = 32 * 1024 * 1024;

    internal static void Bind(HolderOptions options, IConfiguration configuration)
    {
        options.Party = configuration["Party:Id"] ?? "";
        options.Keys = configuration["Party:Keys"] ?? "";
        options.Statements = configuration["Trust:Statements"] ?? "";
        options.Root = configuration["Trust:Root"] ?? "";
        options.Edge = configuration["Node:Edge"] ?? "";
        options.Issuer = $"{configuration["Keycloak:AuthServerUrl"]?.TrimEnd('/')}/realms/{configuration["Keycloak:Realm"]}";
        options.Source = configuration["Holder:Source"] ?? "";
        options.File = configuration["Holder:File"] ?? "";
        options.Directory = configuration["Data:Directory"] ?? "";
        options.IdentifiersPerPart = configuration.GetValue("Holder:IdentifiersPerPart", options.IdentifiersPerPart);
        options.PartBytes = configuration.GetValue("Holder:PartBytes", options.PartBytes);
    }
}
