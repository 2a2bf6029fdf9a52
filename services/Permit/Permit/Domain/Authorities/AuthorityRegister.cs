using System.Text.Json;
using HealthDataNode.Permit.Domain.Clocks;

namespace HealthDataNode.Permit.Domain.Authorities;

/// <summary>Who decides on which source, and what else must be decided first, as data (<c>authorities.json</c> beside this file).</summary>
/// <param name="Competences">Source by authority, legal basis and dates.</param>
/// <param name="Approvals">The approvals that a competence may require.</param>
public sealed record AuthorityRegister(IReadOnlyList<Competence> Competences, IReadOnlyList<ApprovalRule> Approvals)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        UnmappedMemberHandling = System.Text.Json.Serialization.JsonUnmappedMemberHandling.Disallow,
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
        ReadCommentHandling = JsonCommentHandling.Skip,
    };

    /// <summary>The register of this build.</summary>
    public static AuthorityRegister Current { get; } = Read();

    /// <summary>Who decides on a source of an application that is received at a moment; null where nobody does.</summary>
    public Competence? CompetentFor(string source, DateTimeOffset received)
    {
        // A day belongs to one authority: the day in Norway on which the application came.
        var day = NorwegianCalendar.DateAt(received);
        return Competences.SingleOrDefault(c => c.Source == source && c.From <= day && (c.To is null || day <= c.To));
    }

    /// <summary>An approval by its kind.</summary>
    public ApprovalRule Approval(string kind) => Approvals.Single(rule => rule.Kind == kind);

    private static AuthorityRegister Read()
    {
        using var stream = typeof(AuthorityRegister).Assembly.GetManifestResourceStream("authorities.json")!;
        return JsonSerializer.Deserialize<AuthorityRegister>(stream, Json)!;
    }
}

/// <summary>One authority's competence for one source.</summary>
/// <param name="Source">The source.</param>
/// <param name="Authority">Who decides: the claim <c>authority</c> of its officials.</param>
/// <param name="LegalBasis">Where the competence comes from.</param>
/// <param name="From">The first day of receipt.</param>
/// <param name="To">The last day of receipt; null where it goes on.</param>
/// <param name="Approvals">Kinds of approval without which the source is not delivered (invariant 13).</param>
public sealed record Competence(
    string Source,
    string Authority,
    string LegalBasis,
    DateOnly From,
    IReadOnlyList<string> Approvals,
    DateOnly? To = null
);

/// <summary>A decision of its own that a source may need.</summary>
/// <param name="Kind">For example <c>ethics</c>.</param>
/// <param name="Authority">Who gives it.</param>
/// <param name="Role">The role in which one of its officials does.</param>
/// <param name="LegalBasis">Where it comes from.</param>
public sealed record ApprovalRule(string Kind, string Authority, string Role, string LegalBasis);
