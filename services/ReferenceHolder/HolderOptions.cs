using System.ComponentModel.DataAnnotations;

namespace HealthDataNode.ReferenceHolder;

/// <summary>
/// What a holder needs to know: who it is, whom it trusts, where the node is, and its one source; or, as the population
/// register, the file that it feeds.
/// </summary>
public sealed class HolderOptions : IValidatableObject
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
    public string Source { get; set; } = "";

    /// <summary>Its rows: RFC 4180 with a header, first column <c>person_id</c> (<c>Holder:File</c>).</summary>
    public string File { get; set; } = "";

    /// <summary>The holder's own folder (<c>Data:Directory</c>).</summary>
    [Required]
    public string Directory { get; set; } = "";

    /// <summary>Identifiers in one part at most (<c>Holder:IdentifiersPerPart</c>).</summary>
    [Range(1, 700_000)]
    public int IdentifiersPerPart { get; set; } = 25_000;

    /// <summary>Bytes of rows in one part, about (<c>Holder:PartBytes</c>); the protocol's limit is 64 MiB.</summary>
    [Range(1024, 60 * 1024 * 1024)]
    public int PartBytes { get; set; } = 32 * 1024 * 1024;

    /// <summary>
    /// The population register's file (<c>Holder:Feed</c>); where it is named, this holder has no source and gets no
    /// orders.
    /// </summary>
    public string? Feed { get; set; }

    /// <summary>Lines of the population register in one batch at most (<c>Holder:LinesPerBatch</c>).</summary>
    [Range(1, 250_000)]
    public int LinesPerBatch { get; set; } = 25_000;

    /// <summary>
    /// Where it may stand how many bytes a second are sent (<c>Holder:ThrottleFile</c>), for whoever has a narrow line, or
    /// wants to see a transfer held in its middle.
    /// </summary>
    public string? ThrottleFile { get; set; }

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Feed is null && (Source.Length == 0 || File.Length == 0))
        {
            yield return new ValidationResult("Set Holder__Source and Holder__File; or, for the population register, Holder__Feed.");
        }
    }

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
        options.Feed = configuration["Holder:Feed"] is { Length: > 0 } feed ? feed : null;
        options.LinesPerBatch = configuration.GetValue("Holder:LinesPerBatch", options.LinesPerBatch);
        options.ThrottleFile = configuration["Holder:ThrottleFile"] is { Length: > 0 } throttle ? throttle : null;
        options.PartBytes = configuration.GetValue("Holder:PartBytes", options.PartBytes);
    }
}
