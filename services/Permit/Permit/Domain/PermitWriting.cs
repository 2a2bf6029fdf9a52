using System.Security.Cryptography;
using HealthDataNode.Permit.Domain.Clocks;
using HealthDataNode.Protocol.Documents;

namespace HealthDataNode.Permit.Domain;

/// <summary>What a granted application gives as a permit (EHDS 68(10)), before it is signed.</summary>
public static class PermitWriting
{
    private static readonly string[] Conditions =
    [
        "Work only in the environment named; nothing but anonymous results leaves it (EHDS 73(2)).",
        "Do not re-identify anybody, nor try to (EHDS 61(3)).",
        "Publish the results within 18 months, naming the sources and the EHDS (EHDS 61(4)).",
        "Report significant findings about a person's health to the authority (EHDS 61(5)).",
    ];

    /// <summary>The first version of a new lineage.</summary>
    public static PermitDocument First(Application application, string id, string lineage, EnvironmentFacts spe, DateTimeOffset now)
    {
        var content = application.Content;
        var issued = now.ToUnixTimeSeconds();
        return new PermitDocument
        {
            Id = id,
            Lineage = lineage,
            Version = 1,
            Previous = null,
            IssuedAt = issued,
            // Nothing is in force before it was decided.
            From = Math.Max(issued, NorwegianCalendar.StartOf(content.Period!.From!.Value).ToUnixTimeSeconds()),
            To = EndOf(application).ToUnixTimeSeconds(),
            Applicant = new PermitApplicant(application.Applicant.Sub, application.Applicant.Org),
            Persons = content.Persons!,
            Purpose = content.Purpose!,
            LegalBasis = content.LegalBasis!,
            Format = PermitDocument.Pseudonymised,
            Spe = new PermitSpe(spe.Party, spe.SigningKey!.Thumbprint, spe.SigningKey.Sequence),
            Sources =
            [
                .. application.Sources.Select(source => new PermitSource
                {
                    Source = source.Source,
                    Holder = source.Holder,
                    IdentifierBudget = source.IdentifierBudget,
                    Columns = [.. source.Columns.Select(c => new PermitColumn(c.Name, c.Type, c.MaxLength))],
                    Decision = new PermitDecision(application.Case!.Authority, issued),
                    // Until citizens can declare: the list on which nobody is.
                    OptOut = new PermitOptOut(0, Convert.ToHexStringLower(SHA256.HashData([]))),
                }),
            ],
            Conditions = Conditions,
        };
    }

    /// <summary>When a permit for the application would end.</summary>
    public static DateTimeOffset EndOf(Application application) =>
        NorwegianCalendar.EndOf(application.Content.Period!.To!.Value);
}
