using HealthDataNode.Edge.Features;

namespace HealthDataNode.Edge.Page;

/// <summary>The front page as markup, from top to bottom.</summary>
internal sealed class FrontPageView(Language language, Facts facts, string? dashboard)
{
    private const int Most = 20;

    /// <summary>Whether the reader comes back from a sign-in that did not succeed.</summary>
    public bool SignInFailed { get; init; }

    public Html Write() =>
        $"""
            <!doctype html>
            <html lang="{language.Code}" data-color-scheme="auto">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>{Name} – HealthDataNode</title>
            <meta name="description" content="{Purpose}">
            <link rel="icon" href="{Assets.Address("mark.svg")}">
            <link rel="stylesheet" href="{Assets.Address("designsystemet-theme.css")}">
            <link rel="stylesheet" href="{Assets.Address("designsystemet.css")}">
            <link rel="stylesheet" href="{Assets.Address("front-page.css")}">
            </head>
            <body>
            <a class="ds-skip-link" href="#main">{Say("Hopp til hovedinnhold", "Skip to main content")}</a>
            {Top()}
            <main id="main" tabindex="-1">
            {Introduction()}
            <div class="wrap">
            {Figures()}
            {Drawing()}
            {Sources()}
            {Permits()}
            {Deliveries()}
            {Audit()}
            {Developers()}
            </div>
            </main>
            <footer class="end"><div class="wrap">{Say(
                "HealthDataNode er en åpen referanseimplementasjon under Apache-2.0. Utseendet er Designsystemet fra Digdir (MIT).",
                "HealthDataNode is an open reference implementation under Apache-2.0. The look is Digdir's Designsystemet (MIT)."
            )}</div></footer>
            </body>
            </html>
            """;

    private string Name => Say("Helsedatanode", "Health data node");

    private string Purpose =>
        Say(
            "Dette er en helsedatanode: her finner forskere helseregistre, søker én gang om variablene de trenger, og analyserer dem sammenstilt i et sikkert behandlingsmiljø, slik det europeiske helsedataområdet (EHDS, forordning (EU) 2025/327) legger opp til.",
            "This is a health data node: researchers find health registers here, apply once for the variables they need, and analyse them linked in a secure processing environment, as the European Health Data Space (EHDS, Regulation (EU) 2025/327) lays down."
        );

    private Html Top() =>
        $"""
            <header class="bar"><div class="wrap">
            <span class="brand"><img src="{Assets.Address("mark.svg")}" alt="" width="32" height="32">HealthDataNode</span>
            <a class="ds-link" href="/?lang={language.Other.Code}" lang="{language.Other.Code}" hreflang="{language.Other.Code}">{Say("English", "Norsk")}</a>
            <a class="ds-button" data-variant="secondary" href="/signin?returnUrl=/">{Say("Logg inn", "Sign in")}</a>
            </div></header>
            """;

    private Html Introduction() =>
        $"""
            <div class="intro"><div class="wrap">
            {(SignInFailed ? Failed() : Html.Nothing)}
            <h1 class="ds-heading" data-size="xl">{Name}</h1>
            <p class="ds-paragraph" data-size="lg">{Purpose}</p>
            <p class="ds-paragraph">{Say(
                "Registrene sender radene sine ende-til-ende-kryptert, og i noden ser den tjenesten som ser identiteter, ingen rader, og den som ser rader, ingen identiteter.",
                "Registers send their rows encrypted end to end, and inside the node the service that sees identities sees no rows, and the one that sees rows sees no identities."
            )}
            {Say(
                "Hvert vedtak, hver levering og hvert avslag står i en hendelseslogg, og hashen av den siste hendelsen vises her, så hvem som helst siden kan kontrollere at ingenting er fjernet.",
                "Every decision, delivery and refusal stands in an audit log, and the hash of the last entry is shown here, so that anybody can check later that nothing was removed."
            )}</p>
            </div></div>
            """;

    private Html Failed() =>
        $"""
            <p class="away" role="alert">{Say("Innloggingen ble ikke fullført. Prøv igjen.", "The sign-in was not completed. Try again.")}</p>
            """;

    private Html Figures() =>
        $"""
            <ul class="figures" aria-label="{Say("I tall", "In figures")}">
            {Figure("sources", facts.Sources?.Count, Say("kilder beskrevet", "sources described"))}
            {Figure("permits", facts.Permits?.Count, Say("tillatelser i kraft", "permits in force"))}
            {Figure("deliveries", facts.Deliveries?.Count, Say("leveringer", "deliveries"))}
            {Figure("audit", facts.Audit?.Entries, Say("hendelser i loggen", "entries in the audit log"))}
            </ul>
            """;

    private Html Figure(string section, long? number, string what) =>
        $"""
            <li><div class="ds-card" data-color="accent"><strong>{(number is { } known ? language.Number(known) : "–")}</strong> <a class="ds-link" href="#{section}">{what}</a></div></li>
            """;

    private Html Drawing() =>
        $"""
            <section aria-labelledby="services">
            <h2 class="ds-heading" data-size="md" id="services">{Say("Slik henger det sammen", "How it hangs together")}</h2>
            <p class="ds-paragraph">{Say(
                "Alt utenfra går gjennom Edge. Det stiplede er noden; grønt er andre parter med egne nøkler.",
                "Everything from outside passes the Edge. The dashed line is the node; green are other parties with keys of their own."
            )}</p>
            <div class="scroll" tabindex="0" role="region" aria-labelledby="services">{Picture.Draw(language)}</div>
            </section>
            """;

    private Html Sources() =>
        Section(
            "sources",
            Say("Datakilder", "Data sources"),
            Say(
                "Hva registrene har, beskrevet av dem selv etter HealthDCAT-AP utgave 8.",
                "What the registers hold, described by themselves in HealthDCAT-AP Release 8."
            ),
            facts.Sources,
            [
                Say("Kilde", "Source"),
                Say("Dataholder", "Data holder"),
                Say("#Rader", "#Records"),
                Say("#Personer", "#Persons"),
                Say("#Variabler", "#Variables"),
                Say("Beskrivelse", "Description"),
            ],
            source =>
                $"""
                    <th scope="row">{language.Say(source.Title)}<small>{source.Source}, {Say("versjon", "version")} {source.Version}</small></th>
                    <td>{source.HolderName}</td>
                    {Number(source.NumberOfRecords)}{Number(source.NumberOfUniqueIndividuals)}{Number(source.Variables)}
                    <td class="short"><a class="ds-link" href="/catalogue/v1/descriptions/{Uri.EscapeDataString(source.Source)}/turtle">Turtle<span class="ds-sr-only">: {language.Say(source.Title)}</span></a></td>
                    """,
            "/catalogue/v1/descriptions"
        );

    private Html Permits() =>
        Section(
            "permits",
            Say("Tillatelser i kraft", "Permits in force"),
            Say(
                "Hvem som har fått tillatelse til hva, uten navn på personer (EHDS artikkel 57 og 58).",
                "Who has been permitted what, without the names of persons (EHDS Articles 57 and 58)."
            ),
            facts.Permits,
            [
                Say("Prosjekt", "Project"),
                Say("Virksomhet", "Organisation"),
                Say("Kilder", "Sources"),
                Say("Miljø", "Environment"),
                Say("Gjelder", "Valid"),
            ],
            permit =>
                $"""
                    <th scope="row">{permit.Title}<small>{Say("formål", "purpose")}: EHDS {permit.Purpose}</small></th>
                    <td>{permit.Organisation}</td>
                    <td>{permit.Sources.Select(Permitted)}</td>
                    <td>{permit.Spe}</td>
                    <td class="short">{language.Date(permit.From)} –<br>{language.Date(LastMoment(permit))}</td>
                    """,
            "/permit/v1/permits"
        );

    // A permit ends at the first moment at which it is not in force: the day before is the last one.
    private static DateTimeOffset LastMoment(PermitFact permit) => permit.To.AddTicks(-1);

    private Html Permitted(PermitSource source) =>
        $"{source.Name}<small>{language.Number(source.Variables.Count)} {Say("variabler", "variables")}</small>";

    private Html Deliveries() =>
        Section(
            "deliveries",
            Say("Leveringer", "Deliveries"),
            Say(
                "Pseudonymiserte rader levert til et sikkert behandlingsmiljø. Antallene er rundet ned; er personene for få, vises ingen antall.",
                "Pseudonymised rows delivered to a secure processing environment. Counts are rounded down; where there are too few persons, no count is shown."
            ),
            facts.Deliveries,
            [
                Say("Dato", "Date"),
                Say("Kilde", "Source"),
                Say("Miljø", "Environment"),
                Say("#Rader", "#Rows"),
                Say("#Personer", "#Persons"),
            ],
            delivery =>
                $"""
                    <td class="short">{language.Date(delivery.Date)}</td>
                    <th scope="row">{delivery.Source}</th>
                    <td>{delivery.Spe}</td>
                    {Number(delivery.Rows)}{Number(delivery.Persons)}
                    """,
            "/gateway/v1/deliveries"
        );

    private Html Audit() =>
        $"""
            <section aria-labelledby="audit">
            <h2 class="ds-heading" data-size="md" id="audit">{Say("Hendelseslogg", "Audit log")}</h2>
            <p class="ds-paragraph">{Say(
                "Hver hendelse er lenket til den forrige med en hash. Skriv ned hashen og sammenlign senere.",
                "Each entry is chained to the one before by a hash. Write the hash down and compare later."
            )}</p>
            {(facts.Audit is { } head ? Head(head) : Away())}
            </section>
            """;

    private Html Head(AuditHead head) =>
        $"""
            <dl class="facts">
            <dt>{Say("Antall hendelser", "Entries")}</dt><dd>{language.Number(head.Entries)}</dd>
            <dt>{Say("Siste hash", "Last hash")}</dt><dd class="hash">{head.Hash}</dd>
            <dt>{Say("Siste hendelse", "Last entry")}</dt><dd>{(head.At is { } at ? language.Time(at) : "–")}</dd>
            </dl>
            {Raw("/audit/v1/head")}
            """;

    private Html Developers() =>
        $"""
            <section aria-labelledby="developers">
            <h2 class="ds-heading" data-size="md" id="developers">{Say("For utviklere", "For developers")}</h2>
            <p class="ds-paragraph">{Say(
                "Hver tjeneste har en API-referanse og et OpenAPI-dokument.",
                "Each service has an API reference and an OpenAPI document."
            )} {(dashboard is null ? Html.Nothing : Dashboard(dashboard))}</p>
            {Table("developers", [Say("Tjeneste", "Service"), Say("Hva den gjør", "What it does"), Say("Referanse", "Reference"), "OpenAPI"], NodeService.All.Select(Service))}
            </section>
            """;

    private Html Dashboard(string address) =>
        $"""
            {Say("Spor, målinger og logger:", "Traces, metrics and logs:")} <a class="ds-link" rel="noreferrer" href="{address}">{address}</a>
            """;

    private Html Service(NodeService service) =>
        $"""
            <tr><th scope="row">{service.Name}</th><td>{Say(service.Nb, service.En)}</td>
            <td class="short"><a class="ds-link" href="{ApiReference.Address(service.Id)}">API<span class="ds-sr-only"> {service.Name}</span></a></td>
            <td class="short"><a class="ds-link" href="{ApiReference.Document(service.Id)}">v1.json<span class="ds-sr-only"> {service.Name}</span></a></td></tr>
            """;

    private Html Section<T>(
        string id,
        string heading,
        string about,
        IReadOnlyList<T>? items,
        string[] columns,
        Func<T, Html> cells,
        string address
    ) =>
        $"""
            <section aria-labelledby="{id}">
            <h2 class="ds-heading" data-size="md" id="{id}">{heading}</h2>
            <p class="ds-paragraph">{about}</p>
            {items switch
            {
                null => Away(),
                [] => None(),
                _ => Table(id, columns, items.Take(Most).Select(item => Row(cells(item)))),
            }}
            {(items is null ? Html.Nothing : Raw(address))}
            </section>
            """;

    private static Html Row(Html cells) => $"<tr>{cells}</tr>";

    /// <summary>A table that a narrow screen scrolls, by keyboard too. A column's name after # holds numbers.</summary>
    private static Html Table(string labelledBy, string[] columns, IEnumerable<Html> rows) =>
        $"""
            <div class="scroll" tabindex="0" role="region" aria-labelledby="{labelledBy}">
            <table class="ds-table" aria-labelledby="{labelledBy}">
            <thead><tr>{columns.Select(Column)}</tr></thead>
            <tbody>{rows}</tbody>
            </table></div>
            """;

    private static Html Column(string name)
    {
        if (name.StartsWith('#'))
        {
            return $"""<th scope="col" class="number">{name[1..]}</th>""";
        }

        return $"""<th scope="col">{name}</th>""";
    }

    private Html Number(long? number) =>
        $"""<td class="number">{(number is { } known ? language.Number(known) : Say("vises ikke", "not shown"))}</td>""";

    private Html Raw(string address) =>
        $"""<p class="ds-paragraph raw" data-size="sm"><a class="ds-link" href="{address}">{Say("Alt som JSON", "All as JSON")}<span class="ds-sr-only">: {address}</span></a></p>""";

    private Html None() => $"""<p class="ds-paragraph">{Say("Ingen ennå.", "None yet.")}</p>""";

    private Html Away() =>
        $"""<p class="away" role="status">{Say("Ikke tilgjengelig nå. Prøv igjen om litt.", "Not available now. Try again in a moment.")}</p>""";

    private string Say(string nb, string en) => language.Say(nb, en);
}
