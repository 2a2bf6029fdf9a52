namespace HealthDataNode.Edge.Page.Front;

/// <summary>Applications and what became of them, source by source.</summary>
internal sealed class JourneysPart(Language language, Facts facts, DateTimeOffset now) : Part(language, facts)
{
    private const int MostJourneys = 5;

    public override Html Draw() =>
        Section(
            "journeys",
            Say("Søknader og hva det ble av dem", "Applications and what became of them"),
            Say(
                "Fra søknad til sletting, kilde for kilde. Hver kilde avgjøres av myndigheten som har ansvar for den; navn på personer vises aldri (EHDS artikkel 57 og 58).",
                "From application to deletion, source by source. Each source is decided on by the authority responsible for it; the names of persons are never shown (EHDS Articles 57 and 58)."
            ),
            Facts.Journeys(Language) is { } all ? Told(all) : Away()
        );

    private Html Told(IReadOnlyList<Journey> all) =>
        $"""
            {(all.Count == 0 ? None() : Html.Nothing)}
            {(Facts.Orders is null && all.Count > 0 ? OrdersAway() : Html.Nothing)}
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
}
