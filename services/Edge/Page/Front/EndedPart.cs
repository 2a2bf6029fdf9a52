namespace HealthDataNode.Edge.Page.Front;

/// <summary>What was taken back, and deleted.</summary>
internal sealed class EndedPart(Language language, Facts facts) : Part(language, facts)
{
    public int? Count => Ones?.Length;

    public override Html Draw() =>
        Section(
            "ended",
            Say("Trukket tilbake og slettet", "Revoked and deleted"),
            Say(
                "Når et vedtak trekkes tilbake, stanser rom og overføringer innen sekunder (EHDS artikkel 63). Så sletter miljøet og signerer at det er gjort, og til slutt makuleres nøkkelen: ingen gammel sikkerhetskopi gjør den levende igjen.",
                "When a decision is revoked, room and transfers stop within seconds (EHDS Article 63). Then the environment deletes and signs that it is done, and at last the key is shredded: no old backup brings it back."
            ),
            Listed(
                "ended",
                Ones,
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

    private Journey[]? Ones =>
        Facts
            .Journeys(Language)
            ?.Where(journey =>
                journey.Application.Revocations.Any() || journey.Permit is { RevokedAt: not null } or { DeletedAt: not null }
            )
            .ToArray();

    private static DateTimeOffset? StoppedAt(Journey journey) =>
        journey.Sources.Select(journey.OrderOf).Where(order => order is { Revoked: true }).Select(order => order!.RejectedAt).Max();
}
