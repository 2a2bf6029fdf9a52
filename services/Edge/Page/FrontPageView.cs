using HealthDataNode.Edge.Features;

namespace HealthDataNode.Edge.Page;

/// <summary>The front page, from top to bottom.</summary>
internal sealed class FrontPageView(Language language, Facts facts, DateTimeOffset now, string? dashboard) : PageView(language, Front)
{
    private const int Most = 20;
    private const int MostJourneys = 5;

    private readonly IReadOnlyList<Journey>? journeys = facts
        .Register?.Select(application => new Journey(language, application, facts.Orders, facts.Releases))
        .ToArray();

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
            {Sources()}
            {Journeys()}
            {Decisions()}
            {Waiting()}
            {Deliveries()}
            {Releases()}
            {Ended()}
            {Audit()}
            {Developers()}
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
            {Figure("decisions", Judgements()?.Length, Say("avgjørelser", "decisions"))}
            {Figure("deliveries", facts.Orders?.Count(order => order.DeliveredAt is not null), Say("leveringer", "deliveries"))}
            {Figure("releases", facts.Releases?.Count, Say("resultater sluppet ut", "results released"))}
            {Figure("ended", EndedOnes()?.Length, Say("trukket tilbake", "revoked"))}
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

    private Html Sources() =>
        Section(
            "sources",
            Say("Datakilder", "Data sources"),
            Say(
                "Hva registrene har, beskrevet av dem selv etter HealthDCAT-AP utgave 8.",
                "What the registers hold, described by themselves in HealthDCAT-AP Release 8."
            ),
            Listed(
                "sources",
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
                        <th scope="row">{Language.Say(source.Title)}<small>{source.Source}, {Say(
                            "versjon",
                            "version"
                        )} {source.Version}</small></th>
                        <td>{source.HolderName}</td>
                        {Number(source.NumberOfRecords)}{Number(source.NumberOfUniqueIndividuals)}{Number(source.Variables)}
                        <td class="short"><a class="ds-link" href="/catalogue/v1/descriptions/{Uri.EscapeDataString(
                            source.Source
                        )}/turtle">Turtle<span class="ds-sr-only">: {Language.Say(source.Title)}</span></a></td>
                        """,
                Most,
                "/catalogue/v1/descriptions"
            )
        );

    private Html Journeys() =>
        Section(
            "journeys",
            Say("Søknader og hva det ble av dem", "Applications and what became of them"),
            Say(
                "Fra søknad til sletting, kilde for kilde. Hver kilde avgjøres av myndigheten som har ansvar for den; navn på personer vises aldri (EHDS artikkel 57 og 58).",
                "From application to deletion, source by source. Each source is decided on by the authority responsible for it; the names of persons are never shown (EHDS Articles 57 and 58)."
            ),
            journeys is null ? Away() : Told(journeys)
        );

    private Html Told(IReadOnlyList<Journey> all) =>
        $"""
            {(all.Count == 0 ? None() : Html.Nothing)}
            {(facts.Orders is null && all.Count > 0 ? OrdersAway() : Html.Nothing)}
            {all.Take(MostJourneys).Select(Told)}
            {Raw("/permit/v1/register", all.Count > MostJourneys ? all.Count : null)}
            """;

    private Html OrdersAway() =>
        $"""<p class="away" role="status">{Say("Gateway svarer ikke nå: bestillinger og leveringer mangler her.", "Gateway does not answer now: orders and deliveries are missing here.")}</p>""";

    private Html Told(Journey journey)
    {
        var application = journey.Application;
        var (state, colour) = journey.State(now);
        return $"""
            <article class="ds-card journey" data-color="neutral">
            <h3 class="ds-heading" data-size="xs">{Linked(application)} {Tag(colour, state)}</h3>
            <p class="ds-paragraph" data-size="sm">{Say("Virksomhet", "Organisation")} {application.Organisation}; {Say(
                "formål",
                "purpose"
            )} {Names.Purpose(application.Purpose)}{(application.Spe is { } spe ? $"; {Say("miljø", "environment")} {spe}" : "")}</p>
            {journey.Sources.Select(source => Tracks.Draw(Language, journey, source, level: 4))}
            </article>
            """;
    }

    private Html Linked(ApplicationFact application) =>
        application.Lineage is { } lineage
            ? Html.Of($"""<a class="ds-link" href="{To(Permit(lineage))}">{application.Title}</a>""")
            : Html.Of($"{application.Title}");

    private Html Linked(string lineage) =>
        journeys?.FirstOrDefault(journey => journey.Permit?.Lineage == lineage) is { } known
            ? Linked(known.Application)
            : Html.Of($"""<a class="ds-link" href="{To(Permit(lineage))}">{Say("Tillatelse", "Permit")} {lineage}</a>""");

    /// <summary>Decisions and approvals alike: who judged what, the newest first.</summary>
    private Judgement[]? Judgements() =>
        facts
            .Register?.SelectMany(application =>
                application
                    .Cases.Select(handled => new Judgement(
                        application,
                        Say("Vedtak", "Decision"),
                        handled.Authority,
                        handled.Sources,
                        handled.Decision!,
                        handled.OpenedAt
                    ))
                    .Concat(
                        application.Approvals.Select(approval => new Judgement(
                            application,
                            Names.Approval(Language, approval.Kind),
                            approval.Authority,
                            [],
                            approval.Decision!,
                            application.SubmittedAt
                        ))
                    )
            )
            .Where(judgement => judgement.Decision is not null)
            .OrderByDescending(judgement => judgement.Decision.DecidedAt)
            .ToArray();

    private Html Decisions() =>
        Section(
            "decisions",
            Say("Hvem som avgjorde hva", "Who decided what"),
            Say(
                "Hvert vedtak med begrunnelse, avslag også (EHDS artikkel 57). I hver sak forbereder én og beslutter en annen.",
                "Every decision with its reasons, refusals too (EHDS Article 57). In each case one person prepares and another decides."
            ),
            Listed(
                "decisions",
                Judgements(),
                [
                    Say("Tid", "Time"),
                    Say("Avgjørelse", "Decision"),
                    Say("Myndighet", "Authority"),
                    Say("Prosjekt", "Project"),
                    Say("Ventet", "Waited"),
                    Say("Begrunnelse", "Reasons"),
                ],
                judgement =>
                    $"""
                        {Cell(judgement.Decision.DecidedAt)}
                        <th scope="row">{judgement.What}: {Names.Outcome(Language, judgement.Decision.Outcome)}<small>{string.Join(
                            ", ",
                            judgement.Sources
                        )}</small></th>
                        <td class="project">{Names.Authority(Language, judgement.Authority)}</td>
                        <td class="project">{Linked(judgement.Application)}</td>
                        <td>{Language.Duration(judgement.Decision.DecidedAt - judgement.Since)}</td>
                        <td class="long">{Short(judgement.Decision.Reasons)}</td>
                        """,
                Most,
                "/permit/v1/register"
            )
        );

    private Html Waiting() =>
        Section(
            "waiting",
            Say("Ventetid", "Waiting time"),
            Say(
                "Hvor lenge hvert trinn varer hos hver myndighet, regnet ut fra hendelsene. I denne referansen tar det sekunder, i virkeligheten dager.",
                "How long each stage takes at each authority, computed from the events. In this reference it is seconds, in reality days."
            ),
            $"""
            {Listed(
                "waiting",
                facts.Stages,
                [Say("Myndighet", "Authority"), Say("Trinn", "Stage"), Say("#Ferdige", "#Ended"), Say("#Pågår", "#Open"), "#Median", Say("#Lengst", "#Longest")],
                stage =>
                    $"""
                        <th scope="row">{Names.Authority(Language, stage.Authority)}</th>
                        <td>{Names.Stage(Language, stage.Stage)}</td>
                        {Number(stage.Ended)}{Number(stage.Open)}{Days(stage.Median)}{Days(stage.Longest)}
                        """,
                Most,
                "/permit/v1/statistics"
            )}
            <p class="ds-paragraph raw" data-size="sm"><a class="ds-link" href="/permit/v1/statistics?format=csv">{Say("Det samme som CSV", "The same as CSV")}</a></p>
            """
        );

    // In words for who reads, and in days as the statistics are: the same figure.
    private Html Days(double? days) => $"""<td class="number">{(days is { } known ? Days(known) : Dash())}</td>""";

    private Html Days(double days) => $"{Spoken(days)}<small>{Language.Days(days)}</small>";

    // The statistics know nothing shorter.
    private string Spoken(double days) =>
        days < 0.0001 ? Say("under 9 sekunder", "less than 9 seconds") : Language.Duration(TimeSpan.FromDays(days));

    private Html Deliveries() =>
        Section(
            "deliveries",
            Say("Leveringer", "Deliveries"),
            Say(
                "Pseudonymiserte rader på vei til et sikkert behandlingsmiljø. Antallene er rundet ned; er personene for få, vises ingen antall.",
                "Pseudonymised rows on their way to a secure processing environment. Counts are rounded down; where there are too few persons, no count is shown."
            ),
            Listed(
                "deliveries",
                facts.Orders,
                [
                    Say("Kilde", "Source"),
                    Say("Tillatelse", "Permit"),
                    Say("Bestilt", "Ordered"),
                    Say("Mottatt", "Received"),
                    Say("Levert eller stanset", "Delivered or stopped"),
                    Say("#Rader", "#Rows"),
                    Say("#Personer", "#Persons"),
                ],
                order =>
                    $"""
                        <th scope="row">{order.Source}<small>{Say("til", "to")} {order.Spe}</small></th>
                        <td class="project">{Linked(order.Lineage)}</td>
                        {Cell(order.IssuedAt)}{Cell(order.ReceivedAt)}
                        <td class="when">{(
                            order.RejectedAt is null
                                ? Html.Nothing
                                : Tag("danger", order.Revoked ? Say("Stanset", "Stopped") : Say("Avvist", "Refused"))
                        )} {((order.DeliveredAt ?? order.RejectedAt) is { } end ? Time(end) : Dash())}</td>
                        {(order.DeliveredAt is null ? Unknown() : Html.Of($"{Number(order.Rows)}{Number(order.Persons)}"))}
                        """,
                Most,
                "/gateway/v1/deliveries"
            )
        );

    private Html Unknown() => $"""<td class="number">{Dash()}</td><td class="number">{Dash()}</td>""";

    private Html Releases() =>
        Section(
            "releases",
            Say("Resultater sluppet ut av rom", "Results released from rooms"),
            Say(
                "Ingenting forlater et rom uten automatisk kontroll av hver fil og to kontrollører som ikke kjenner hverandres stemme, og aldri er den som ba om det (EHDS artikkel 73). Innholdet har noden aldri.",
                "Nothing leaves a room without automatic checks of every file and two checkers who do not know each other's vote and are never the one who asked (EHDS Article 73). The node never has the content."
            ),
            Listed(
                "releases",
                facts.Releases,
                [
                    Say("Tid", "Time"),
                    Say("Tillatelse", "Permit"),
                    Say("Filer", "Files"),
                    Say("#Kontroller", "#Checks"),
                    Say("Stemmer", "Votes"),
                    Say("Avtrykk av filene", "Digest of the files"),
                ],
                release =>
                    $"""
                        {Cell(release.ReleasedAt)}
                        <th scope="row">{Linked(release.Lineage)}</th>
                        <td>{release.Files.Select(File)}</td>
                        {Number(release.Rules.Count)}
                        <td>{Names.Votes(Language, release)}</td>
                        <td class="hash long">{release.Digest}</td>
                        """,
                Most,
                "/permit/v1/releases"
            )
        );

    private Html File(ReleasedFile file) =>
        $"""{file.Type.ToUpperInvariant()}<small>{Language.Number(file.Length)} {Say("byte", "bytes")}</small>""";

    private Journey[]? EndedOnes() =>
        journeys
            ?.Where(journey =>
                journey.Application.Revocations.Any() || journey.Permit is { RevokedAt: not null } or { DeletedAt: not null }
            )
            .ToArray();

    private Html Ended() =>
        Section(
            "ended",
            Say("Trukket tilbake og slettet", "Revoked and deleted"),
            Say(
                "Når et vedtak trekkes tilbake, stanser rom og overføringer innen sekunder (EHDS artikkel 63). Så sletter miljøet og signerer at det er gjort, og til slutt makuleres nøkkelen: ingen gammel sikkerhetskopi gjør den levende igjen.",
                "When a decision is revoked, room and transfers stop within seconds (EHDS Article 63). Then the environment deletes and signs that it is done, and at last the key is shredded: no old backup brings it back."
            ),
            Listed(
                "ended",
                EndedOnes(),
                [
                    Say("Tillatelse", "Permit"),
                    Say("Trukket tilbake", "Revoked"),
                    Say("Av", "By"),
                    Say("Overføring stanset", "Transfer stopped"),
                    Say("Data slettet", "Data deleted"),
                    Say("Nøkkel makulert", "Key shredded"),
                ],
                journey =>
                    $"""
                        <th scope="row">{Linked(journey.Application)}</th>
                        {Cell(
                            journey.Application.Revocations.Min(one => (DateTimeOffset?)one.Revocation.At) ?? journey.Permit?.RevokedAt
                        )}
                        <td>{string.Join(
                            ", ",
                            journey.Application.Revocations.Select(one => Names.Authority(Language, one.Authority)).Distinct()
                        )}</td>
                        {Cell(StoppedAt(journey))}{Cell(journey.Permit?.DeletedAt)}{Cell(journey.Permit?.ShreddedAt)}
                        """,
                Most,
                "/permit/v1/register"
            )
        );

    private static DateTimeOffset? StoppedAt(Journey journey) =>
        journey.Sources.Select(journey.OrderOf).Where(order => order is { Revoked: true }).Select(order => order!.RejectedAt).Max();

    private Html Audit() =>
        Section(
            "audit",
            Say("Hendelseslogg", "Audit log"),
            Say(
                "Hver hendelse er lenket til den forrige med en hash. Skriv ned hashen og sammenlign senere.",
                "Each entry is chained to the one before by a hash. Write the hash down and compare later."
            ),
            facts.Audit is { } head ? Head(head) : Away()
        );

    private Html Head(AuditHead head) =>
        $"""
            <dl class="facts">
            <dt>{Say("Antall hendelser", "Entries")}</dt><dd>{Language.Number(head.Entries)}</dd>
            <dt>{Say("Siste hash", "Last hash")}</dt><dd class="hash">{head.Hash}</dd>
            <dt>{Say("Siste hendelse", "Last entry")}</dt><dd>{(head.At is { } at ? Time(at) : Dash())}</dd>
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
            {Say(
                "Spor, målinger og logger:",
                "Traces, metrics and logs:"
            )} <a class="ds-link" rel="noreferrer" href="{address}">{address}</a>
            """;

    private Html Service(NodeService service) =>
        $"""
            <th scope="row">{service.Name}</th><td>{Say(service.Nb, service.En)}</td>
            <td class="short"><a class="ds-link" href="{ApiReference.Address(
                service.Id
            )}">API<span class="ds-sr-only"> {service.Name}</span></a></td>
            <td class="short"><a class="ds-link" href="{ApiReference.Document(
                service.Id
            )}">v1.json<span class="ds-sr-only"> {service.Name}</span></a></td>
            """;

    private static string Short(string text) => text.Length > 200 ? text[..200] + "…" : text;

    private sealed record Judgement(
        ApplicationFact Application,
        string What,
        string Authority,
        IReadOnlyList<string> Sources,
        DecisionFact Decision,
        DateTimeOffset Since
    );
}
