using System.Globalization;
using System.Text.RegularExpressions;
using HealthDataNode.Catalogue.Rdf;
using HealthDataNode.Catalogue.Vocabularies;

namespace HealthDataNode.Catalogue.Domain;

/// <summary>What a description must hold to be valid HealthDCAT-AP release 8, NON_PUBLIC, and usable in permits.</summary>
public static partial class DescriptionRules
{
    /// <summary>EHDS itself, which every description names (R8: dcatap:applicableLegislation).</summary>
    public const string Ehds = "http://data.europa.eu/eli/reg/2025/327/oj";

    private const int LongestText = 4000;
    private const int MostVariables = 20_000;
    private static readonly string[] Datatypes = ["string", "integer", "decimal", "date", "boolean"];

    // First columns of row files and of rooms: never a variable.
    private static readonly string[] Reserved = ["token", "pseudonym", "person_id"];

    /// <summary>Every field that is wrong and why; empty when the description is valid.</summary>
    public static Dictionary<string, string[]> Check(Description description)
    {
        var faults = new Faults();
        Identity(faults, description);
        Texts(faults, description);
        Codes(faults, description);
        Numbers(faults, description);
        faults.When(description.Variables.Count is 0 or > MostVariables, "variables", $"must be 1 to {MostVariables}");
        var names = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < Math.Min(description.Variables.Count, MostVariables); i++)
        {
            // A JSON null in the list passes the reader.
            var variable = description.Variables[i] ?? new Variable();
            Check(faults, $"variables[{i.ToString(CultureInfo.InvariantCulture)}]", variable, names);
        }
        return faults.ByField();
    }

    private static void Identity(Faults faults, Description description)
    {
        faults.When(!Name().IsMatch(description.Source), "source", "must be 1 to 40 of a-z, 0-9 and _, beginning with a letter");
        faults.When(!Party().IsMatch(description.Holder), "holder", "must be a party id: 1 to 40 of a-z, 0-9 and -");
        faults.When(!Organisation().IsMatch(description.HolderOrg), "holderOrg", "must be nine digits");
        faults.Text("holderName", description.HolderName, 200);
        faults.When(!Email().IsMatch(description.ContactEmail), "contactEmail", "must be an e-mail address");
        faults.When(!Iri.IsWeb(description.ContactPage), "contactPage", "must be an http or https address");
    }

    private static void Texts(Faults faults, Description description)
    {
        faults.Text("title", description.Title, 300);
        faults.Text("description", description.Summary, LongestText);
        faults.Text("provenance", description.Provenance, LongestText);
        faults.Text("legalBasis", description.LegalBasis, LongestText);
        foreach (var (language, words) in new[] { ("nb", description.Keywords.Nb), ("en", description.Keywords.En) })
        {
            faults.When(words.Count is 0 or > 50, $"keywords.{language}", "must be 1 to 50 words");
            faults.When(words.Any(word => !IsText(word, 100)), $"keywords.{language}", "has a word that is empty or longer than 100");
        }
    }

    private static void Codes(Faults faults, Description description)
    {
        faults.When(description.HealthCategories.Count == 0, "healthCategories", "is missing");
        faults.When(
            description.HealthCategories.Any(code => !Vocabulary.HealthCategories.Contains(code)),
            "healthCategories",
            "has a code that is not in the vocabulary healthcategories of HealthDCAT-AP release 8"
        );
        faults.When(
            description.HealthThemes.Any(code => !Vocabulary.HealthThemes.Contains(code)),
            "healthThemes",
            "has a code that is not in the vocabulary health-theme of HealthDCAT-AP release 8"
        );
        faults.When(description.ApplicableLegislation.Any(iri => !Iri.IsValid(iri)), "applicableLegislation", "has a value that is no IRI");
        faults.When(!description.ApplicableLegislation.Contains(Ehds), "applicableLegislation", $"must name EHDS: {Ehds}");
    }

    private static void Numbers(Faults faults, Description description)
    {
        faults.When(description.NumberOfRecords < 0, "numberOfRecords", "is below 0");
        faults.When(description.NumberOfUniqueIndividuals < 0, "numberOfUniqueIndividuals", "is below 0");
        faults.When(description.MinTypicalAge is < 0 or > 150, "minTypicalAge", "is not between 0 and 150");
        faults.When(description.MaxTypicalAge is < 0 or > 150, "maxTypicalAge", "is not between 0 and 150");
        faults.When(description.MinTypicalAge > description.MaxTypicalAge, "maxTypicalAge", "is below minTypicalAge");
        faults.When(description.TemporalStart > description.TemporalEnd, "temporalEnd", "is before temporalStart");
    }

    private static void Check(Faults faults, string field, Variable variable, HashSet<string> names)
    {
        faults.When(!Name().IsMatch(variable.Name), $"{field}.name", "must be 1 to 40 of a-z, 0-9 and _, beginning with a letter");
        faults.When(Reserved.Contains(variable.Name), $"{field}.name", "is a name that the node itself uses");
        faults.When(!names.Add(variable.Name), $"{field}.name", "is there twice");
        faults.Text($"{field}.title", variable.Title, 300);
        faults.Text($"{field}.description", variable.Summary, LongestText);
        faults.When(!Datatypes.Contains(variable.Datatype), $"{field}.datatype", $"must be one of {string.Join(", ", Datatypes)}");
        faults.When(variable.MaxLength is < 1 or > 10_000, $"{field}.maxLength", "is not between 1 and 10000");
        faults.When(
            variable is { MaxLength: not null, Datatype: not "string" },
            $"{field}.maxLength",
            "belongs to the datatype string alone"
        );
        faults.When(variable.CodeList is { } list && !Iri.IsValid(list), $"{field}.codeList", "is no IRI");
    }

    private static bool IsText(string? text, int longest) =>
        !string.IsNullOrWhiteSpace(text)
        && text.Length <= longest
        && !text.Any(character => char.IsControl(character) && character is not ('\n' or '\r' or '\t'))
        && IsWellFormed(text);

    // A lone surrogate is no character: it cannot be written as UTF-8.
    private static bool IsWellFormed(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsSurrogate(text[i]) && !(char.IsSurrogatePair(text, i) && i++ >= 0))
            {
                return false;
            }
        }
        return true;
    }

    [GeneratedRegex(@"^[a-z][a-z0-9_]{0,39}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Name();

    [GeneratedRegex(@"^[a-z][a-z0-9-]{0,39}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Party();

    [GeneratedRegex(@"^[0-9]{9}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Organisation();

    [GeneratedRegex(@"^[A-Za-z0-9._+-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+\z", RegexOptions.CultureInvariant)]
    private static partial Regex Email();

    private sealed class Faults
    {
        private readonly Dictionary<string, List<string>> faults = [];

        public void When(bool wrong, string field, string why)
        {
            if (wrong)
            {
                (faults.TryGetValue(field, out var list) ? list : faults[field] = []).Add(why);
            }
        }

        public void Text(string field, string text, int longest) =>
            When(!IsText(text, longest), field, text.Length == 0 ? "is missing" : $"must be text of at most {longest} characters");

        public void Text(string field, LocalText text, int longest)
        {
            Text($"{field}.nb", text.Nb, longest);
            Text($"{field}.en", text.En, longest);
        }

        public Dictionary<string, string[]> ByField() => faults.ToDictionary(fault => fault.Key, fault => fault.Value.ToArray());
    }
}
