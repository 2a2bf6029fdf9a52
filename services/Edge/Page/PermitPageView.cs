namespace HealthDataNode.Edge.Page;

/// <summary>One permit lineage with everything that is public of it.</summary>
internal sealed class PermitPageView(Language language, Journey journey, Facts facts, DateTimeOffset now)
    : PageView(language, Permit(journey.Permit!.Lineage))
{
    private readonly ApplicationFact application = journey.Application;
    private readonly PermitFact permit = journey.Permit!;

    protected override string Title => application.Title;

    protected override string Description =>
        Say(
            "Alt som er offentlig om én tillatelse: hvem som avgjorde hva, hva som ble levert, hva som slapp ut av rommet, og hvordan den endte.",
            "Everything that is public of one permit: who decided what, what was delivered, what left the room, and how it ended."
        );

    protected override Html Main() =>
        $"""
            <div class="intro"><div class="wrap">
            <p class="ds-paragraph over">{Say("Tillatelse", "Permit")}</p>
            <h1 class="ds-heading" data-size="lg">{Title}</h1>
            <p class="ds-paragraph">{State()} {Description}</p>
            </div></div>
            <div class="wrap">
            {About()}
            {Sources()}
            {Timeline()}
            {Versions()}
            {Releases()}
            {Raw()}
            </div>
            """;

    private Html State()
    {
        var (state, colour) = journey.State(now);
        return Tag(colour, state);
    }

    private Html About() =>
        $"""
            <section aria-labelledby="about">
            <h2 class="ds-heading" data-size="md" id="about">{Say("Hva den gjelder", "What it is about")}</h2>
            <dl class="facts">
            <dt>{Say("Virksomhet", "Organisation")}</dt><dd>{application.Organisation}</dd>
            <dt>{Say("Formål", "Purpose")}</dt><dd>{Names.Purpose(application.Purpose)}</dd>
            <dt>{Say("Grunnlag", "Legal basis")}</dt><dd>{Names.Basis(application.LegalBasis)}</dd>
            <dt>{Say("Miljø", "Environment")}</dt><dd>{permit.Spe}</dd>
            <dt>{Say("Gjelder", "Valid")}</dt><dd>{Date(permit.From)} – {Date(LastMoment)}</dd>
            <dt>{Say("Sak til vedtak", "Case to decision")}</dt><dd>{string.Join("; ", application.Cases.Select(Waited))}</dd>
            {(permit.Versions[^1].Fee is { } fee ? Fee(fee) : Html.Nothing)}
            <dt>{Say("Tillatelsens id", "The permit's id")}</dt><dd class="hash">{permit.Lineage}</dd>
            </dl>
            </section>
            """;

    private Html Fee(FeeFact fee) =>
        $"""
            <dt>{Say("Gebyr, anslått", "Fee, estimated")}</dt><dd>{Language.Number(fee.Estimate)} {fee.Currency}, <a class="ds-link" href="/permit/v1/fee-rules">{Say(
                "regler",
                "rules"
            )} {fee.Rules}</a></dd>
            """;

    // A permit ends at the first moment at which it is not in force: the day before is the last one.
    private DateTimeOffset LastMoment => permit.To.AddTicks(-1);

    private string Waited(CaseFact handled) =>
        $"{Names.Authority(Language, handled.Authority)} "
        + (
            handled.Decision is { } decision ? Language.Duration(decision.DecidedAt - handled.OpenedAt)
            : handled.WithdrawnAt is null ? Say("ikke avgjort", "not decided")
            : Say("trukket av søkeren", "withdrawn by the applicant")
        );

    private Html Sources() =>
        Section(
            "sources",
            Say("Kilde for kilde", "Source by source"),
            Say(
                "Antallene er rundet ned; er personene for få, vises ingen antall.",
                "Counts are rounded down; where there are too few persons, no count is shown."
            ),
            $"""
            {(facts.Orders is null ? Away() : Html.Nothing)}
            {journey.Sources.Select(source => Tracks.Draw(Language, journey, source, level: 3))}
            """
        );

    private Html Timeline() =>
        Section(
            "timeline",
            Say("Alt som har skjedd", "Everything that happened"),
            Say("I rekkefølge, uten navn på personer.", "In order, without the names of persons."),
            $"""<ol class="moments">{journey.Moments().Select(Told)}</ol>"""
        );

    private Html Told(Moment moment) =>
        $"""
            <li class="{(moment.Stops ? "stopped" : "done")}">{Time(moment.At)}<div><strong>{moment.What}</strong>
            {Line(moment.Detail)}{(moment.Reasons is { } reasons ? Html.Of($"<blockquote>{reasons}</blockquote>") : Html.Nothing)}
            {(moment.Digest is { } digest ? Html.Of($"""<p class="hash">{digest}</p>""") : Html.Nothing)}</div></li>
            """;

    private static Html Line(string? text) => text is { Length: > 0 } ? $"<p>{text}</p>" : Html.Nothing;

    private Html Versions() =>
        Section(
            "versions",
            Say("Versjoner av tillatelsen", "Versions of the permit"),
            Say(
                "Hver versjon er et signert dokument som nevner avtrykket av den forrige.",
                "Each version is a signed document that names the digest of the one before."
            ),
            Table(
                "versions",
                [Say("#Versjon", "#Version"), Say("Signert", "Signed"), Say("Kilder", "Sources"), Say("Avtrykk", "Digest")],
                permit.Versions.Select(version =>
                    Html.Of(
                        $"""
                        <th scope="row" class="number">{version.Version}</th>
                        {Cell(version.IssuedAt)}
                        <td>{string.Join(", ", version.Sources)}</td>
                        <td class="hash">{version.Digest}</td>
                        """
                    )
                )
            )
        );

    private Html Releases() =>
        Section(
            "releases",
            Say("Sluppet ut av rommet", "Released from the room"),
            Say(
                "Hver regel og hver stemme gjelder akkurat disse filene, ved avtrykket deres. Innholdet har noden aldri.",
                "Each rule and each vote is about these very files, by their digest. The node never has the content."
            ),
            facts.Releases is null ? Away()
                : journey.Releases is [] ? None()
                : Html.Of($"{journey.Releases.Select(Released)}")
        );

    private Html Released(ReleaseFact release) =>
        $"""
            <article class="ds-card journey" data-color="neutral">
            <h3 class="ds-heading" data-size="xs">{Time(release.ReleasedAt)}</h3>
            <dl class="facts">
            <dt>{Say("Avtrykk av filene", "Digest of the files")}</dt><dd class="hash">{release.Digest}</dd>
            <dt>{Say("Filer", "Files")}</dt><dd>{release.Files.Select(File)}</dd>
            <dt>{Say("Automatiske kontroller", "Automatic checks")}</dt><dd>{string.Join(
                "; ",
                release.Rules.Select(rule => Names.Check(Language, rule))
            )}</dd>
            <dt>{Say("Kontrollører", "Checkers")}</dt><dd>{Names.Votes(Language, release)}</dd>
            <dt>{Say("Signert av", "Signed by")}</dt><dd>{release.Spe}; <span class="hash">{release.Record}</span></dd>
            </dl>
            </article>
            """;

    private Html File(ReleasedFile file) =>
        $"""<p>{file.Type}, {Language.Number(file.Length)} {Say("byte", "bytes")} <span class="hash">{file.Sha256}</span></p>""";

    private Html Raw() =>
        Section(
            "raw",
            Say("Kontroller selv", "Check it yourself"),
            Say("Alt på denne siden er hentet herfra, uten innlogging.", "Everything on this page comes from here, without signing in."),
            $"""
            <ul class="plain">
            {Link(
                $"/permit/v1/register?lineage={permit.Lineage}",
                Say("søknad, vedtak, versjoner og slutt", "application, decisions, versions and end")
            )}
            {Link($"/gateway/v1/deliveries?lineage={permit.Lineage}", Say("bestillinger og leveringer", "orders and deliveries"))}
            {Link($"/permit/v1/releases?lineage={permit.Lineage}", Say("det som slapp ut av rommet", "what left the room"))}
            {Link("/permit/v1/statistics", Say("ventetid for alle saker", "waiting time of all cases"))}
            {Link("/audit/v1/head", Say("hodet av hendelsesloggen", "the head of the audit log"))}
            </ul>
            """
        );

    private static Html Link(string address, string what) =>
        $"""<li><a class="ds-link" href="{address}"><code>{address}</code></a><small>{what}</small></li>""";
}

/// <summary>A lineage that is not there, or that nobody can tell of now.</summary>
internal sealed class NoPermitView(Language language, string lineage, bool away) : PageView(language, Permit(lineage))
{
    protected override string Title => away ? Say("Ikke tilgjengelig nå", "Not available now") : Say("Finnes ikke", "Not found");

    protected override string Description =>
        away
            ? Say(
                "Registeret over tillatelser svarer ikke. Prøv igjen om litt.",
                "The register of permits does not answer. Try again in a moment."
            )
            : Say("Det er ingen tillatelse med denne id-en.", "There is no permit with this id.");

    protected override Html Main() =>
        $"""
            <div class="intro"><div class="wrap">
            <h1 class="ds-heading" data-size="lg">{Title}</h1>
            <p class="ds-paragraph">{Description}</p>
            <p class="ds-paragraph"><a class="ds-link" href="{To(Front)}#journeys">{Say(
                "Alle søknader og tillatelser",
                "All applications and permits"
            )}</a></p>
            </div></div>
            """;
}
