namespace HealthDataNode.Edge.Page;

/// <summary>The timeline of a source: a list that lies down where there is room and stands where there is not.</summary>
internal static class Tracks
{
    /// <param name="language">The reader's.</param>
    /// <param name="journey">What became of an application.</param>
    /// <param name="source">One of its sources.</param>
    /// <param name="level">Of its heading: one below what it stands under.</param>
    public static Html Draw(Language language, Journey journey, string source, int level) =>
        $"""
            <h{level} class="ds-heading track-name" data-size="2xs">{source}</h{level}>
            <ol class="track">{journey.Steps(source).Select(step => Draw(language, step))}</ol>
            """;

    // What a step is, is said in words too: the dot and its colour are for the eye alone.
    private static Html Draw(Language language, Step step) =>
        $"""
            <li class="{(
                step.Stops ? "stopped"
                : step.At is null ? "ahead"
                : "done"
            )}"><strong>{step.Name}</strong>{(step.At is { } at ? When(language, at) : Ahead(language))}{(
                step.Detail is { } detail ? Html.Of($"<small>{detail}</small>") : Html.Nothing
            )}</li>
            """;

    private static Html When(Language language, DateTimeOffset at) =>
        $"""<time datetime="{Language.Machine(at)}">{language.Time(at)}</time>""";

    private static Html Ahead(Language language) => $"<span>{language.Say("ikke ennå", "not yet")}</span>";
}
