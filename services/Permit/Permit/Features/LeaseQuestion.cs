using System.Text.RegularExpressions;
using HealthDataNode.Protocol.Documents;
using HealthDataNode.ServiceDefaults.Problems;
using Microsoft.AspNetCore.Http.HttpResults;

namespace HealthDataNode.Permit.Features;

/// <summary>The form of what a party asks, since it is echoed in what Permit signs.</summary>
internal static partial class LeaseQuestion
{
    public static ProblemHttpResult? Wrong(string nonce, IReadOnlyList<string> lineages, int most)
    {
        var errors = new Dictionary<string, string[]>();
        if (!Nonce().IsMatch(nonce))
        {
            errors["nonce"] = ["Send 16 to 128 random characters of base64url."];
        }
        if (lineages.Count > most || lineages.Distinct().Count() != lineages.Count || !lineages.All(PermitDocument.IsLineage))
        {
            errors["lineages"] = [$"Send at most {most} ids of lineages, each once."];
        }
        return errors.Count == 0 ? null : Problem.Invalid(errors);
    }

    [GeneratedRegex(@"^[A-Za-z0-9_-]{16,128}\z")]
    private static partial Regex Nonce();
}
