using System.Globalization;
using System.Text;

namespace HealthDataNode.Catalogue.Rdf;

/// <summary>
/// Writes Turtle 1.1. The one place where text becomes Turtle: a literal is always escaped, an IRI always checked, and
/// names come from a fixed table of prefixes, so that nothing anybody wrote can leave its quotes.
/// </summary>
public sealed class TurtleWriter
{
    private static readonly Dictionary<string, string> Prefixes = new()
    {
        ["adms"] = "http://www.w3.org/ns/adms#",
        ["csvw"] = "http://www.w3.org/ns/csvw#",
        ["cv"] = "http://data.europa.eu/m8g/",
        ["dcat"] = "http://www.w3.org/ns/dcat#",
        ["dcatap"] = "http://data.europa.eu/r5r/",
        ["dct"] = "http://purl.org/dc/terms/",
        ["dpv"] = "https://w3id.org/dpv#",
        ["eli"] = "http://data.europa.eu/eli/ontology#",
        ["foaf"] = "http://xmlns.com/foaf/0.1/",
        ["geodcatap"] = "http://data.europa.eu/930/",
        ["healthdcatap"] = "http://healthdataportal.eu/ns/health#",
        ["rdfs"] = "http://www.w3.org/2000/01/rdf-schema#",
        ["vcard"] = "http://www.w3.org/2006/vcard/ns#",
        ["xsd"] = "http://www.w3.org/2001/XMLSchema#",
    };

    private readonly StringBuilder text = new();
    private int depth;

    /// <summary>Begins a document with its prefixes.</summary>
    public TurtleWriter()
    {
        foreach (var (prefix, iri) in Prefixes)
        {
            text.Append("@prefix ").Append(prefix).Append(": ").Append(Quoted(iri)).Append(" .\n");
        }
    }

    /// <summary>One resource of a class, with what <paramref name="properties"/> writes.</summary>
    public void Resource(string iri, string type, Action<TurtleWriter> properties)
    {
        text.Append('\n').Append(Quoted(iri)).Append("\n    a ").Append(Name(type));
        depth++;
        properties(this);
        depth--;
        text.Append(" .\n");
    }

    /// <summary>A property whose value is a resource.</summary>
    public TurtleWriter Iri(string property, string iri) => Property(property, Quoted(iri));

    /// <summary>A property whose value is a name of one of the prefixes.</summary>
    public TurtleWriter Term(string property, string name) => Property(property, Name(name));

    /// <summary>A property whose value is a text in a language.</summary>
    public TurtleWriter Text(string property, string value, string language) =>
        Property(property, Literal(value) + "@" + Language(language));

    /// <summary>A property whose value is a plain text.</summary>
    public TurtleWriter Text(string property, string value) => Property(property, Literal(value));

    /// <summary>A number that is not below zero (xsd:nonNegativeInteger).</summary>
    public TurtleWriter Count(string property, long value) =>
        Property(property, $"\"{value.ToString(CultureInfo.InvariantCulture)}\"^^xsd:nonNegativeInteger");

    /// <summary>xsd:boolean.</summary>
    public TurtleWriter Flag(string property, bool value) => Property(property, value ? "true" : "false");

    /// <summary>xsd:date.</summary>
    public TurtleWriter Date(string property, DateOnly value) =>
        Property(property, $"\"{value.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)}\"^^xsd:date");

    /// <summary>xsd:dateTime, UTC.</summary>
    public TurtleWriter Moment(string property, DateTimeOffset value) =>
        Property(property, $"\"{value.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture)}\"^^xsd:dateTime");

    /// <summary>A property whose value is a node without a name.</summary>
    public TurtleWriter Blank(string property, string type, Action<TurtleWriter> properties)
    {
        Property(property, "[\n");
        depth++;
        Indent().Append("a ").Append(Name(type));
        properties(this);
        depth--;
        text.Append('\n');
        Indent().Append(']');
        return this;
    }

    /// <summary>The document.</summary>
    public override string ToString() => text.ToString();

    private static string Quoted(string iri) =>
        Rdf.Iri.IsValid(iri) ? $"<{iri}>" : throw new ArgumentException("This is no IRI that Turtle can hold.", nameof(iri));

    private static string Name(string name) =>
        name.Split(':') is [var prefix, { Length: > 0 } local] && Prefixes.ContainsKey(prefix) && local.All(char.IsAsciiLetterOrDigit)
            ? name
            : throw new ArgumentException("This is no name of a known prefix.", nameof(name));

    private static string Language(string language) =>
        language is "nb" or "en" ? language : throw new ArgumentException("Texts are in nb and en.", nameof(language));

    // Turtle 6.4: in quotes, these four must be escaped; every other control character is, for readers' sake.
    private static string Literal(string value)
    {
        var literal = new StringBuilder(value.Length + 2).Append('"');
        foreach (var rune in value.EnumerateRunes())
        {
            _ = rune.Value switch
            {
                '"' => literal.Append("\\\""),
                '\\' => literal.Append(@"\\"),
                '\n' => literal.Append("\\n"),
                '\r' => literal.Append("\\r"),
                '\t' => literal.Append("\\t"),
                _ when Rune.IsControl(rune) => literal.Append("\\u").Append(rune.Value.ToString("X4", CultureInfo.InvariantCulture)),
                // A lone surrogate comes here as U+FFFD already.
                _ => literal.Append(rune.ToString()),
            };
        }
        return literal.Append('"').ToString();
    }

    private TurtleWriter Property(string property, string value)
    {
        text.Append(" ;\n");
        Indent().Append(Name(property)).Append(' ').Append(value);
        return this;
    }

    private StringBuilder Indent() => text.Append(' ', depth * 4);
}
