using HealthDataNode.Edge.Page.Front;

namespace HealthDataNode.Edge.Page;

/// <summary>The front page, from top to bottom; each of its parts is a file in <c>Front/</c>.</summary>
internal sealed class FrontPageView(Language language, Facts facts, DateTimeOffset now, string? dashboard) : PageView(language, Front)
{
    private readonly DecisionsPart decisions = new(language, facts);
    private readonly EndedPart ended = new(language, facts);

    /// <summary>Whether the reader comes back from a sign-in that did not succeed.</summary>
    public bool SignInFailed { get; init; }

    protected override string Title => Say("Helsedatanode", "Health data node");

    protected override string Description =>
        Say(
            "Dette er en helsedatanode: her finner forskere helseregistre, søker én gang om variablene de trenger, og analyserer dem sammenstilt i et sikkert behandlingsmiljø, slik det europeiske helsedataområdet (EHDS, forordning (EU) 2025/327) legger opp til.",
            "This is a health data node: researchers find health registers here, apply once for the variables they need, and analyse them linked in a secure processing environment, as the European Health Data Space (EHDS, Regulation (EU) 2025/327) lays down."
        );

    protected override Html Main() =>
        $"""
            {Introduction()}
            <div class="wrap">
            {Figures()}
            {Drawing()}
            {new SourcesPart(Language, facts).Draw()}
            {new JourneysPart(Language, facts, now).Draw()}
            {decisions.Draw()}
            {new WaitingPart(Language, facts).Draw()}
            {new DeliveriesPart(Language, facts).Draw()}
            {new ReleasesPart(Language, facts).Draw()}
            {ended.Draw()}
            {new AuditPart(Language, facts).Draw()}
            {new DevelopersPart(Language, dashboard).Draw()}
            </div>
            """;

    private Html Introduction() =>
        $"""
            <div class="intro"><div class="wrap">
            {(SignInFailed ? Failed() : Html.Nothing)}
            <h1 class="ds-heading" data-size="xl">{Title}</h1>
            <p class="ds-paragraph" data-size="lg">{Description}</p>
            <p class="ds-paragraph">{Say(
                "Registrene sender radene sine ende-til-ende-kryptert, og i noden ser den tjenesten som ser identiteter, ingen rader, og den som ser rader, ingen identiteter.",
                "Registers send their rows encrypted end to end, and inside the node the service that sees identities sees no rows, and the one that sees rows sees no identities."
            )}
            {Say(
                "Hvert vedtak, hver levering og hvert avslag står i en hendelseslogg, og hashen av den siste hendelsen vises her, så hvem som helst siden kan kontrollere at ingenting er fjernet.",
                "Every decision, delivery and refusal stands in an audit log, and the hash of the last entry is shown here, so that anybody can check later that nothing was removed."
            )}</p>
            <p class="ds-paragraph"><a class="ds-link" href="{To(Privacy)}">{Say(
                "Slik holdes det privat: hvem som ser hva, og hva ingen kan love",
                "How it is kept private: who sees what, and what nobody can promise"
            )}</a></p>
            </div></div>
            """;

    private Html Failed() =>
        $"""
            <p class="away" role="alert">{Say(
                "Innloggingen ble ikke fullført. Prøv igjen.",
                "The sign-in was not completed. Try again."
            )}</p>
            """;

    private Html Figures() =>
        $"""
            <ul class="figures" aria-label="{Say("I tall", "In figures")}">
            {Figure("sources", facts.Sources?.Count, Say("kilder beskrevet", "sources described"))}
            {Figure("journeys", facts.Register?.Count, Say("søknader", "applications"))}
            {Figure("decisions", decisions.Count, Say("avgjørelser", "decisions"))}
            {Figure("deliveries", facts.Orders?.Count(order => order.DeliveredAt is not null), Say("leveringer", "deliveries"))}
            {Figure("releases", facts.Releases?.Count, Say("resultater sluppet ut", "results released"))}
            {Figure("ended", ended.Count, Say("trukket tilbake", "revoked"))}
            {Figure("waiting", LongestWait(), Say("lengste ventetid til vedtak", "longest wait for a decision"))}
            {Figure("audit", facts.Audit?.Entries, Say("hendelser i loggen", "entries in the audit log"))}
            </ul>
            """;

    private Html Figure(string section, long? number, string what) =>
        Figure(section, number is { } known ? Language.Number(known) : null, what);

    private static Html Figure(string section, string? value, string what) =>
        $"""
            <li><div class="ds-card" data-color="accent"><strong>{value
                ?? "–"}</strong> <a class="ds-link" href="#{section}">{what}</a></div></li>
            """;

    private string? LongestWait() =>
        facts.Register?.SelectMany(application => application.Cases).Select(handled => handled.Decision?.DecidedAt - handled.OpenedAt).Max()
            is { } longest
            ? Language.Duration(longest)
            : null;

    private Html Drawing() =>
        Section(
            "services",
            Say("Slik henger det sammen", "How it hangs together"),
            Say(
                "Alt utenfra går gjennom Edge. Det stiplede er noden; grønt er andre parter med egne nøkler.",
                "Everything from outside passes the Edge. The dashed line is the node; green are other parties with keys of their own."
            ),
            $"""<div class="scroll" tabindex="0" role="group" aria-labelledby="services">{Picture.Draw(Language)}</div>"""
        );
}
