namespace HealthDataNode.Edge.Page;

/// <summary>The pieces that pages are made of, in the reader's language.</summary>
internal abstract class Pieces(Language language)
{
    protected Language Language => language;

    protected string Say(string nb, string en) => language.Say(nb, en);

    /// <summary>A page of ours, in the language that this one is in.</summary>
    protected string To(string page) => $"{page}?lang={language.Code}";

    /// <summary>Where the page of a permit is.</summary>
    protected static string Permit(string lineage) => $"/permits/{Uri.EscapeDataString(lineage)}";

    protected static Html Section(string id, string heading, string about, Html content) =>
        $"""
            <section aria-labelledby="{id}">
            <h2 class="ds-heading" data-size="md" id="{id}">{heading}</h2>
            <p class="ds-paragraph">{about}</p>
            {content}
            </section>
            """;

    /// <summary>A part that is a table of what a service says, or says that it does not.</summary>
    protected Html Listed<T>(string id, IReadOnlyList<T>? items, string[] columns, Func<T, Html> cells, int most, string address)
    {
        if (items is null)
        {
            return Away();
        }

        return $"""
            {(items.Count == 0 ? None() : Table(id, columns, items.Take(most).Select(cells)))}
            {Raw(address, items.Count > most ? items.Count : null)}
            """;
    }

    /// <summary>A table that a narrow screen scrolls, by keyboard too. A column's name after # holds numbers.</summary>
    protected static Html Table(string labelledBy, string[] columns, IEnumerable<Html> rows) =>
        $"""
            <div class="scroll" tabindex="0" role="group" aria-labelledby="{labelledBy}">
            <table class="ds-table" aria-labelledby="{labelledBy}">
            <thead><tr>{columns.Select(Column)}</tr></thead>
            <tbody>{rows.Select(Row)}</tbody>
            </table></div>
            """;

    private static Html Row(Html cells) => $"<tr>{cells}</tr>";

    private static Html Column(string name) =>
        name.StartsWith('#')
            ? Html.Of($"""<th scope="col" class="number">{name[1..]}</th>""")
            : Html.Of($"""<th scope="col">{name}</th>""");

    protected Html Number(long? number) =>
        $"""<td class="number">{(number is { } known ? language.Number(known) : Say("vises ikke", "not shown"))}</td>""";

    protected Html Cell(DateTimeOffset? at) => $"""<td class="when">{(at is { } known ? Time(known) : Dash())}</td>""";

    /// <summary>A time, to read and for machines.</summary>
    protected Html Time(DateTimeOffset at) => $"""<time datetime="{Language.Machine(at)}">{language.Time(at)}</time>""";

    protected Html Date(DateTimeOffset at) => $"""<time datetime="{Language.Machine(at)}">{language.Date(at)}</time>""";

    /// <summary>Where there is nothing to say: a dash for the eye, words for the ear.</summary>
    protected Html Dash() => $"""<span aria-hidden="true">–</span><span class="ds-sr-only">{Say("ikke ennå", "not yet")}</span>""";

    protected static Html Tag(string colour, string text) => $"""<span class="ds-tag" data-color="{colour}">{text}</span>""";

    /// <summary>Where all of it can be had; and of how many the page shows the newest.</summary>
    protected Html Raw(string address, int? of = null) =>
        $"""
            <p class="ds-paragraph raw" data-size="sm">{(
                of is { } all ? Say($"De nyeste av {language.Number(all)}. ", $"The newest of {language.Number(all)}. ") : ""
            )}<a class="ds-link" href="{address}">{Say("Alt som JSON", "All as JSON")}<span class="ds-sr-only">: {address}</span></a></p>
            """;

    protected Html None() => $"""<p class="ds-paragraph">{Say("Ingen ennå.", "None yet.")}</p>""";

    protected Html Away() =>
        $"""<p class="away" role="status">{Say("Ikke tilgjengelig nå. Prøv igjen om litt.", "Not available now. Try again in a moment.")}</p>""";
}
