namespace HealthDataNode.Edge.Page.Front;

/// <summary>Who decided what: decisions of cases and approvals alike.</summary>
internal sealed class DecisionsPart(Language language, Facts facts) : Part(language, facts)
{
    public int? Count => Judgements?.Length;

    public override Html Draw() =>
        Section(
            "decisions",
            Say("Hvem som avgjorde hva", "Who decided what"),
            Say(
                "Hvert vedtak med begrunnelse, avslag også (EHDS artikkel 57). I hver sak forbereder én og beslutter en annen.",
                "Every decision with its reasons, refusals too (EHDS Article 57). In each case one person prepares and another decides."
            ),
            Listed(
                "decisions",
                Judgements,
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

    /// <summary>Decisions and approvals alike: who judged what, the newest first.</summary>
    private Judgement[]? Judgements =>
        Facts
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
