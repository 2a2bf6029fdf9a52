namespace HealthDataNode.Edge.Page;

/// <summary>What every page has: its head, bar and foot.</summary>
internal abstract class PageView(Language language, string address) : Pieces(language)
{
    public const string Front = "/";
    public const string Privacy = "/privacy";

    /// <summary>The page's own title.</summary>
    protected abstract string Title { get; }

    /// <summary>The page in a sentence.</summary>
    protected abstract string Description { get; }

    public Html Write() =>
        $"""
            <!doctype html>
            <html lang="{Language.Code}" data-color-scheme="auto">
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

    private Html Bar() =>
        $"""
            <header class="bar"><div class="wrap">
            <a class="brand" href="{To(Front)}"><img src="{Assets.Address("mark.svg")}" alt="" width="32" height="32">HealthDataNode</a>
            <nav aria-label="{Say("Sider", "Pages")}"><ul>
            {Entry(Front, Say("Forside", "Front page"))}
            {Entry(Privacy, Say("Slik holdes det privat", "How it is kept private"))}
            </ul></nav>
            <a class="ds-link" href="{address}?lang={Language.Other.Code}" lang="{Language.Other.Code}" hreflang="{Language.Other.Code}">{Say(
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
}
