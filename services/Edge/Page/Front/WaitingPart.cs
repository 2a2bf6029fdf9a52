namespace HealthDataNode.Edge.Page.Front;

/// <summary>How long each stage takes.</summary>
internal sealed class WaitingPart(Language language, Facts facts) : Part(language, facts)
{
    public override Html Draw() =>
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
                Facts.Stages,
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
}
