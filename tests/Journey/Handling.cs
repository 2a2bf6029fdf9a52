using System.Text.Json.Nodes;

namespace HealthDataNode.Journey;

/// <summary>What officials do: prepare, approve and decide, each within their own authority (EHDS 68, 55(3)).</summary>
internal static class Handling
{
    public const string Hdab = "hdab";
    public const string Trust = "hospitaltrust";

    public static async Task PrepareAsync(World world, string officer, string @case, CancellationToken cancellationToken)
    {
        var browser = await world.AtEdgeAsync(officer, cancellationToken);
        await browser.GetAsync($"/permit/v1/cases/{@case}", cancellationToken);
        var proposal = new JsonObject
        {
            ["outcome"] = "granted",
            ["reasons"] = "The purpose is research, the data are necessary and proportionate, the safeguards suffice.",
        };
        await browser.PostAsync($"/permit/v1/cases/{@case}/preparation", proposal, cancellationToken);
    }

    /// <summary>Another person decides on what she has read.</summary>
    public static async Task GrantAsync(World world, string decider, string @case, CancellationToken cancellationToken)
    {
        var browser = await world.AtEdgeAsync(decider, cancellationToken);
        var path = $"/permit/v1/cases/{@case}";
        var read = await browser.GetAsync(path, cancellationToken);
        var decision = new JsonObject { ["outcome"] = "granted", ["reasons"] = "As proposed." };
        await browser.PostAsync($"{path}/decision", decision, cancellationToken, ifMatch: $"\"{(int)read["version"]!}\"");
    }

    /// <summary>A decision of its own that the rules require: ethics, or dispensation from confidentiality.</summary>
    public static async Task ApproveAsync(
        World world,
        string official,
        string application,
        string kind,
        CancellationToken cancellationToken
    )
    {
        var browser = await world.AtEdgeAsync(official, cancellationToken);
        var path = $"/permit/v1/applications/{application}";
        var read = await browser.GetAsync(path, cancellationToken);
        var approval = new JsonObject
        {
            ["outcome"] = "granted",
            ["reasons"] = "The benefit to society outweighs the burden, and confidentiality is kept by pseudonymisation.",
        };
        await browser.PostAsync($"{path}/approvals/{kind}", approval, cancellationToken, ifMatch: $"\"{(int)read["version"]!}\"");
    }

    /// <summary>The one case that an authority has of an application.</summary>
    public static string Of(this IReadOnlyList<Case> cases, string authority) =>
        cases.SingleOrDefault(one => one.Authority == authority)?.Id
        ?? throw new StepFailedException(
            $"The application has no case of {authority}, but of {string.Join(", ", cases.Select(one => one.Authority))}."
        );
}
