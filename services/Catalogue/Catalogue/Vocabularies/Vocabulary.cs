namespace HealthDataNode.Catalogue.Vocabularies;

/// <summary>A code list of HealthDCAT-AP release 8; see SOURCES.md for origin and licence.</summary>
public sealed class Vocabulary
{
    private readonly Dictionary<string, string> iris;

    private Vocabulary(string file)
    {
        using var stream =
            typeof(Vocabulary).Assembly.GetManifestResourceStream(file)
            ?? throw new InvalidOperationException($"The vocabulary {file} is not in the program.");
        using var reader = new StreamReader(stream);
        // IRI and code have no comma and come first; the labels are for people who read the file.
        iris = reader
            .ReadToEnd()
            .Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Skip(1)
            .Select(line => line.Split(','))
            .ToDictionary(fields => fields[1], fields => fields[0], StringComparer.Ordinal);
    }

    /// <summary>Categories of electronic health data, EHDS Art. 51.</summary>
    public static Vocabulary HealthCategories { get; } = new("healthcategories.csv");

    /// <summary>Themes.</summary>
    public static Vocabulary HealthThemes { get; } = new("health-theme.csv");

    /// <summary>Whether there is such a code.</summary>
    public bool Contains(string? code) => code is not null && iris.ContainsKey(code);

    /// <summary>The code's IRI.</summary>
    public string IriOf(string code) => iris[code];
}
