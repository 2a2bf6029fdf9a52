using System.Text.Json;
using System.Text.Json.Serialization;
using HealthDataNode.Permit.Domain.Clocks;

namespace HealthDataNode.Permit.Domain.Policy;

/// <summary>The rules that differ between today's Norwegian practice and EHDS, as data (<c>NAME.json</c> beside this file).</summary>
/// <param name="Name">For example <c>EHDS-2029</c>.</param>
/// <param name="Suspension">What waiting for the applicant does to a clock.</param>
/// <param name="Clocks">The time limits.</param>
/// <param name="LongestPermitYears">68(12).</param>
/// <param name="SmallestCohort">Fewer expected persons than this are refused.</param>
/// <param name="SmallestCell">The smallest count of persons that may leave an environment, 73(2); permits carry it.</param>
/// <param name="IdentifierBudgetMargin">Percent above the expected persons that a holder may have tokenised.</param>
/// <param name="AnswerSeconds">How long an answer about a permit's state is good.</param>
/// <param name="RequireApprovedSpe">Whether the SPE criteria are a gate or advice.</param>
/// <param name="PurposesOfPublicBodies">Purposes that only public bodies may have, 53(2).</param>
/// <param name="PublicBodies">Organisation numbers of public bodies.</param>
public sealed record PolicyProfile(
    string Name,
    SuspensionPolicy Suspension,
    IReadOnlyList<ClockRule> Clocks,
    int LongestPermitYears,
    int SmallestCohort,
    int SmallestCell,
    int IdentifierBudgetMargin,
    int AnswerSeconds,
    bool RequireApprovedSpe,
    IReadOnlyList<string> PurposesOfPublicBodies,
    IReadOnlyList<string> PublicBodies
)
{
    /// <summary>Completion of an application by the applicant.</summary>
    public const string Completion = "T02";

    /// <summary>The decision.</summary>
    public const string Decision = "T03";

    /// <summary>Publication of the decision.</summary>
    public const string Publication = "T12";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.KebabCaseLower) },
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
        ReadCommentHandling = JsonCommentHandling.Skip,
    };

    /// <summary>The names of the profiles that this build has.</summary>
    public static IReadOnlyList<string> Names { get; } = ["EHDS-2029", "NO-2023"];

    /// <summary>Reads a profile.</summary>
    /// <exception cref="ArgumentException">There is none of that name.</exception>
    public static PolicyProfile Named(string name)
    {
        var assembly = typeof(PolicyProfile).Assembly;
        using var stream = Names.Contains(name) ? assembly.GetManifestResourceStream($"policy/{name}.json") : null;
        return stream is null
            ? throw new ArgumentException($"Policy profile must be one of {string.Join(", ", Names)}.", nameof(name))
            : JsonSerializer.Deserialize<PolicyProfile>(stream, Json)!;
    }

    /// <summary>A time limit by its id.</summary>
    public ClockRule Rule(string id) => Clocks.Single(rule => rule.Id == id);

    /// <summary>When a clock is due under this profile.</summary>
    public DateTimeOffset? DueAt(StatutoryClock clock) => clock.DueAt(Rule(clock.Rule), Suspension);
}
