namespace HealthDataNode.Edge.Page;

/// <summary>What every page has, its head, bar and foot, and the pieces that they are made of.</summary>
internal abstract class PageView(Language language, string address)
{
    public const string Front = "/";
    public const string Privacy = "/privacy";

    protected Language Language => language;

    /// <summary>The page's own title.</summary>
    protected abstract string Title { get; }

    /// <summary>The page in a sentence.</summary>
    protected abstract string Description { get; }

    public static string Permit(string lineage) => $"/permits/{Uri.EscapeDataString(lineage)}";

    public Html Write() =>
        $"""
            <!doctype html>
            <html lang="{language.Code}" data-color-scheme="auto">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>{Title} – HealthDataNode</title>
            <meta name="description" content="{Description}">
            <link rel="icon" href="{Assets.Address("mark.svg")}">
            <link rel="stylesheet" href="{Assets.Address("designsystemet-theme.css")}">
            <link rel="stylesheet" href="{Assets.Address("designsystemet.css")}">
            <link rel="stylesheet" href="{Assets.Address("front-page.css")}">
            </head>
            <body>
            <a class="ds-skip-link" href="#main">{Say("Hopp til hovedinnhold", "Skip to main content")}</a>
            {Bar()}
            <main id="main" tabindex="-1">
            {Main()}
            </main>
            <footer class="end"><div class="wrap">{Say(
                "HealthDataNode er en åpen referanseimplementasjon under Apache-2.0. Utseendet er Designsystemet fra Digdir (MIT).",
                "HealthDataNode is an open reference implementation under Apache-2.0. The look is Digdir's Designsystemet (MIT)."
            )}</div></footer>
            </body>
            </html>
            """;

    protected abstract Html Main();

    protected string Say(string nb, string en) => language.Say(nb, en);

    /// <summary>A page of ours, in the language that this one is in.</summary>
    protected string To(string page) => $"{page}?lang={language.Code}";

    private Html Bar() =>
        $"""
            <header class="bar"><div class="wrap">
            <a class="brand" href="{To(Front)}"><img src="{Assets.Address("mark.svg")}" alt="" width="32" height="32">HealthDataNode</a>
            <nav aria-label="{Say("Sider", "Pages")}"><ul>
            {Entry(Front, Say("Forside", "Front page"))}
            {Entry(Privacy, Say("Slik holdes det privat", "How it is kept private"))}
            </ul></nav>
            <a class="ds-link" href="{address}?lang={language.Other.Code}" lang="{language.Other.Code}" hreflang="{language.Other.Code}">{Say(
                "English",
                "Norsk"
            )}</a>
            <a class="ds-button" data-variant="secondary" href="/signin?returnUrl={address}">{Say("Logg inn", "Sign in")}</a>
            </div></header>
            """;

    private Html Entry(string page, string name) =>
        page == address
            ? Html.Of($"""<li><a class="ds-link" aria-current="page" href="{To(page)}">{name}</a></li>""")
            : Html.Of($"""<li><a class="ds-link" href="{To(page)}">{name}</a></li>""");

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
