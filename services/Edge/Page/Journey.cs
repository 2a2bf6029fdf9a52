namespace HealthDataNode.Edge.Page;

/// <summary>
/// What became of one application, out of what Permit, Gateway and the rooms' releases each say of it: its state, the
/// steps of each of its sources, and everything that happened in the order in which it did.
/// </summary>
/// <param name="language">The reader's.</param>
/// <param name="application">As the register has it.</param>
/// <param name="orders">Orders of all lineages; null where Gateway is away.</param>
/// <param name="releases">Releases of all lineages; null where Permit did not say.</param>
internal sealed class Journey(
    Language language,
    ApplicationFact application,
    IReadOnlyList<OrderFact>? orders,
    IReadOnlyList<ReleaseFact>? releases
)
{
    public ApplicationFact Application => application;

    public PermitFact? Permit { get; } = application.Permit;

    /// <summary>Its releases, the newest first.</summary>
    public IReadOnlyList<ReleaseFact> Releases =>
        [.. (releases ?? []).Where(release => release.Lineage == Permit?.Lineage).OrderByDescending(release => release.ReleasedAt)];

    /// <summary>Every source that any authority decides on.</summary>
    public IReadOnlyList<string> Sources => [.. application.Cases.SelectMany(handled => handled.Sources).Distinct()];

    /// <summary>Where it stands, and the colour of its tag.</summary>
    public (string Name, string Colour) State(DateTimeOffset now) =>
        application switch
        {
            { Permit.ShreddedAt: not null } => (Say("Slettet, nøkkelen makulert", "Deleted, key shredded"), "neutral"),
            { Permit.DeletedAt: not null } => (Say("Slettet", "Deleted"), "neutral"),
            { Permit.RevokedAt: not null } => (Say("Trukket tilbake", "Revoked"), "danger"),
            { Permit: { } permit } when now >= permit.To => (Say("Utløpt", "Expired"), "neutral"),
            { Permit: { } permit } when now < permit.From => (Say("Ikke begynt", "Not begun"), "info"),
            { Permit: not null } => (Say("I kraft", "In force"), "success"),
            { Cases: [_, ..] cases } when cases.All(handled => handled.Decision is { IsRefusal: true }) => (
                Say("Avslått", "Refused"),
                "warning"
            ),
            { Cases: [_, ..] cases } when cases.All(handled => handled is { WithdrawnAt: not null } or { Decision.IsRefusal: true }) => (
                Say("Trukket av søkeren", "Withdrawn"),
                "neutral"
            ),
            _ => (Say("Under behandling", "Under review"), "info"),
        };

    private IEnumerable<OrderFact> Orders => (orders ?? []).Where(order => order.Lineage == Permit?.Lineage);

    /// <summary>The newest order of a source.</summary>
    public OrderFact? OrderOf(string source) => Orders.Where(order => order.Source == source).MaxBy(order => order.IssuedAt);

    /// <summary>From the application to the end, for one source.</summary>
    public IReadOnlyList<Step> Steps(string source)
    {
        var handled = application.Cases.First(c => c.Sources.Contains(source));
        var order = OrderOf(source);
        var applied = new Step(Say("Søkt", "Applied"), application.SubmittedAt);
        if (handled.Decision is { IsRefusal: true } refusal)
        {
            return [applied, new Step(Say("Avslått", "Refused"), refusal.DecidedAt, ByWhom(handled), Stops: true)];
        }

        if (handled.WithdrawnAt is { } withdrawn)
        {
            return [applied, new Step(Say("Trukket av søkeren", "Withdrawn by the applicant"), withdrawn, Stops: true)];
        }

        var version = Permit?.Versions.FirstOrDefault(v => v.Sources.Contains(source));
        List<Step> steps =
        [
            applied,
            new Step(
                handled.Decision is null ? Say("Vedtak", "Decision") : Say("Innvilget", "Granted"),
                handled.Decision?.DecidedAt,
                ByWhom(handled)
            ),
            new Step(
                Say("I tillatelsen", "In the permit"),
                version?.IssuedAt,
                version is null ? null : Say($"versjon {version.Version}", $"version {version.Version}")
            ),
            new Step(Say("Bestilt", "Ordered"), order?.IssuedAt),
        ];
        if (order?.RejectedAt is { } ended)
        {
            if (order.ReceivedAt is { } received)
            {
                steps.Add(new Step(Say("Mottatt", "Received"), received));
            }

            steps.Add(new Step(Stopped(order), ended, Say("delene slettet i noden", "its parts deleted in the node"), Stops: true));
        }
        else
        {
            steps.Add(new Step(Say("Mottatt", "Received"), order?.ReceivedAt));
            steps.Add(new Step(Say("Levert", "Delivered"), order?.DeliveredAt, order?.DeliveredAt is null ? null : Counts(order)));
        }

        if (handled.Revocation is { } revocation)
        {
            steps.Add(
                new Step(Say("Trukket tilbake", "Revoked"), revocation.At, Names.Authority(language, handled.Authority), Stops: true)
            );
        }
        else if (OutOfThePermit(source) is { } left)
        {
            steps.Add(
                new Step(
                    Say("Ut av tillatelsen", "Out of the permit"),
                    left,
                    Say("uten en godkjenning", "without an approval"),
                    Stops: true
                )
            );
        }

        if (Permit?.DeletedAt is { } deleted)
        {
            steps.Add(new Step(Say("Slettet", "Deleted"), deleted, Say("bevis fra miljøet", "proved by the environment")));
        }

        if (Permit?.ShreddedAt is { } shredded)
        {
            steps.Add(new Step(Say("Nøkkel makulert", "Key shredded"), shredded));
        }

        // What happened is told in the order in which it did; what has not comes last, unless it never will.
        var over = Permit?.RevokedAt is not null || steps.Any(step => step.Stops);
        return
        [
            .. steps.Where(step => step.At is not null).OrderBy(step => Second(step.At!.Value)),
            .. steps.Where(step => step.At is null && !over),
        ];
    }

    // Its decision stands, but a later version does not name it any more, or the whole permit ended.
    private DateTimeOffset? OutOfThePermit(string source) =>
        Permit
            ?.Versions.SkipWhile(version => !version.Sources.Contains(source))
            .FirstOrDefault(version => !version.Sources.Contains(source))
            ?.IssuedAt
        ?? (Permit?.Versions.Any(version => version.Sources.Contains(source)) == true ? Permit.RevokedAt : null);

    /// <summary>Everything that happened, first things first.</summary>
    public IReadOnlyList<Moment> Moments() =>
        [
            .. new[] { Applied() }
                .Concat(Judged())
                .Concat(Withdrawn())
                .Concat(Signed())
                .Concat(Moved())
                .Concat(Left())
                .Concat(Ended())
                .OrderBy(moment => Second(moment.At)),
        ];

    // What is signed says whole seconds: within one second, what follows from something is told after it.
    private static long Second(DateTimeOffset at) => at.ToUnixTimeSeconds();

    private Moment Applied() =>
        new(
            application.SubmittedAt,
            Say("Søknaden ble sendt inn", "The application was submitted"),
            Say(
                $"av virksomheten {application.Organisation}; den ble til saker hos: ",
                $"by organisation {application.Organisation}; it became cases at: "
            )
                + string.Join(
                    "; ",
                    application.Cases.Select(c => $"{Names.Authority(language, c.Authority)} ({string.Join(", ", c.Sources)})")
                )
        );

    private IEnumerable<Moment> Judged()
    {
        foreach (var approval in application.Approvals)
        {
            if (approval.Decision is { } decision)
            {
                var what = $"{Names.Approval(language, approval.Kind)}: {Names.Outcome(language, decision.Outcome)}";
                var who = Names.Authority(language, approval.Authority);
                yield return new Moment(decision.DecidedAt, what, who, decision.Reasons, decision.IsRefusal);
            }
        }

        foreach (var handled in application.Cases)
        {
            if (handled.Decision is { } decision)
            {
                var what = $"{Say("Vedtak", "Decision")}: {Names.Outcome(language, decision.Outcome)}";
                var detail = $"{ByWhom(handled)}; {string.Join(", ", handled.Sources)}";
                yield return new Moment(decision.DecidedAt, what, detail, decision.Reasons, decision.IsRefusal);
            }
        }
    }

    private IEnumerable<Moment> Withdrawn()
    {
        if (application.WithdrawnAt is { } withdrawn)
        {
            var ended = application.Cases.Where(handled => handled.WithdrawnAt is not null).SelectMany(handled => handled.Sources);
            yield return new Moment(
                withdrawn,
                Say("Søknaden ble trukket av søkeren", "The application was withdrawn by the applicant"),
                string.Join(", ", ended),
                Stops: true
            );
        }

        foreach (var approval in application.Approvals)
        {
            if (approval.Revocation is { } revocation)
            {
                yield return new Moment(
                    revocation.At,
                    $"{Names.Approval(language, approval.Kind)}: {Say("trukket tilbake", "revoked")}",
                    Names.Authority(language, approval.Authority),
                    revocation.Reasons,
                    Stops: true
                );
            }
        }

        foreach (var handled in application.Cases)
        {
            if (handled.Revocation is { } revocation)
            {
                yield return new Moment(
                    revocation.At,
                    Say("Vedtaket ble trukket tilbake", "The decision was revoked"),
                    $"{Names.Authority(language, handled.Authority)}; {string.Join(", ", handled.Sources)}",
                    revocation.Reasons,
                    Stops: true
                );
            }
        }
    }

    private IEnumerable<Moment> Signed()
    {
        foreach (var version in Permit?.Versions ?? [])
        {
            yield return new Moment(
                version.IssuedAt,
                Say($"Tillatelsen ble signert, versjon {version.Version}", $"The permit was signed, version {version.Version}"),
                string.Join(", ", version.Sources),
                Digest: version.Digest
            );
        }
    }

    private IEnumerable<Moment> Moved()
    {
        foreach (var order in Orders)
        {
            yield return new Moment(
                order.IssuedAt,
                Say($"{order.Source}: bestilt fra dataholderen", $"{order.Source}: ordered from its holder")
            );
            if (order.ReceivedAt is { } received)
            {
                yield return new Moment(received, Say($"{order.Source}: mottatt, kryptert", $"{order.Source}: received, encrypted"));
            }

            if (order.DeliveredAt is { } delivered)
            {
                yield return new Moment(
                    delivered,
                    Say($"{order.Source}: levert til {order.Spe}", $"{order.Source}: delivered to {order.Spe}"),
                    Counts(order)
                );
            }

            if (order.RejectedAt is { } stopped)
            {
                yield return new Moment(
                    stopped,
                    $"{order.Source}: {Stopped(order)}",
                    Say("delene og nøkkelen deres er slettet i noden", "its parts and their key are deleted in the node"),
                    Stops: true
                );
            }
        }
    }

    private IEnumerable<Moment> Left() =>
        Releases.Select(release => new Moment(
            release.ReleasedAt,
            Say("Et resultat ble sluppet ut av rommet", "A result was released from the room"),
            Names.Votes(language, release),
            Digest: release.Digest
        ));

    private IEnumerable<Moment> Ended()
    {
        if (Permit?.RevokedAt is { } revoked)
        {
            yield return new Moment(
                revoked,
                Say("Tillatelsen er ute av kraft", "The permit is no longer in force"),
                Say("ingen vedtak står igjen; rom og overføringer stanser", "no decision stands; room and transfers stop"),
                Stops: true
            );
        }

        if (Permit?.DeletedAt is { } deleted)
        {
            yield return new Moment(
                deleted,
                Say("Dataene er slettet", "The data are deleted"),
                Say("miljøet har signert at det er gjort", "the environment has signed that it is done")
            );
        }

        if (Permit?.ShreddedAt is { } shredded)
        {
            yield return new Moment(
                shredded,
                Say("Nøkkelen er makulert", "The key is shredded"),
                Say("ingen kan lage eller løse opp pseudonymene mer", "nobody can make or undo its pseudonyms any more")
            );
        }
    }

    private string ByWhom(CaseFact handled)
    {
        var who = Names.Authority(language, handled.Authority);
        return handled.Decision is { } decision
            ? Say(
                $"{who}, etter {language.Duration(decision.DecidedAt - handled.OpenedAt)}",
                $"{who}, after {language.Duration(decision.DecidedAt - handled.OpenedAt)}"
            )
            : who;
    }

    private string Stopped(OrderFact order) =>
        order.Revoked ? Say("Overføringen stanset", "Transfer stopped") : Say("Leveringen avvist", "Delivery refused");

    private string Counts(OrderFact order) =>
        order is { Rows: { } rows, Persons: { } persons }
            ? Say(
                $"{language.Number(rows)} rader, {language.Number(persons)} personer",
                $"{language.Number(rows)} rows, {language.Number(persons)} persons"
            )
            : Say("antall vises ikke: for få personer", "counts not shown: too few persons");

    private string Say(string nb, string en) => language.Say(nb, en);
}

/// <summary>One step of a source; without a time it has not happened.</summary>
internal sealed record Step(string Name, DateTimeOffset? At, string? Detail = null, bool Stops = false);

/// <summary>Something that happened.</summary>
internal sealed record Moment(
    DateTimeOffset At,
    string What,
    string? Detail = null,
    string? Reasons = null,
    bool Stops = false,
    string? Digest = null
);
