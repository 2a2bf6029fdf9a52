using HealthDataNode.Permit.Domain.Authorities;
using HealthDataNode.Permit.Domain.Fees;
using HealthDataNode.Permit.Domain.Policy;

namespace HealthDataNode.Permit.Domain;

/// <summary>
/// An application with its cases, approvals and permit: a fold over its events, and the acts that the rules allow on it.
/// </summary>
public sealed record Application
{
    /// <summary>Its id.</summary>
    public required Guid Id { get; init; }

    /// <summary>Number of events so far.</summary>
    public int Version { get; init; }

    /// <summary>Who applies.</summary>
    public required Applicant Applicant { get; init; }

    /// <summary>As last written.</summary>
    public required ApplicationContent Content { get; init; }

    /// <summary>When the draft was stored.</summary>
    public required DateTimeOffset DraftedAt { get; init; }

    /// <summary>When it went in.</summary>
    public DateTimeOffset? SubmittedAt { get; init; }

    /// <summary>Sources as the catalogue described them at submission.</summary>
    public IReadOnlyList<DescribedSource> Sources { get; init; } = [];

    /// <summary>One case per authority, once submitted.</summary>
    public IReadOnlyList<Case> Cases { get; init; } = [];

    /// <summary>The approvals that any of its sources needs.</summary>
    public IReadOnlyList<Approval> Approvals { get; init; } = [];

    /// <summary>What it is expected to cost.</summary>
    public FeeEstimate? Fee { get; init; }

    /// <summary>Every version of its permit: one lineage.</summary>
    public IReadOnlyList<IssuedPermit> Permits { get; init; } = [];

    /// <summary>The newest version of the permit.</summary>
    public IssuedPermit? Permit => Permits is [.., var newest] ? newest : null;

    /// <summary>When the applicant took it back; what was granted before stands.</summary>
    public DateTimeOffset? WithdrawnAt { get; init; }

    /// <summary>When and why the permit ended before its time.</summary>
    public Revocation? Revocation { get; init; }

    /// <summary>When the environment proved that it had deleted everything.</summary>
    public DateTimeOffset? DeletedAt { get; init; }

    /// <summary>When the lineage's key was shredded.</summary>
    public DateTimeOffset? ShreddedAt { get; init; }

    /// <summary>Where it stands.</summary>
    public ApplicationState State =>
        Cases.Count == 0 ? ApplicationState.Draft
        : Cases.Any(handled => handled.IsOpen) ? ApplicationState.Submitted
        : Cases.All(handled => handled.IsWithdrawn) ? ApplicationState.Withdrawn
        : ApplicationState.DecisionIssued;

    /// <summary>Sources that are decided and approved and not in the permit yet: they enter its next version.</summary>
    public IReadOnlyList<(CaseSource Source, Case Case)> Entering =>
        Revocation is not null || (Content.AllOrNothing && !AllSources.All(IsReady))
            ? []
            : [.. AllSources.Where(entry => IsReady(entry) && Permit?.Sources.Contains(entry.Source.Source) != true)];

    /// <summary>Sources in the permit whose decision, or an approval that they need, was taken back: they leave it.</summary>
    public IReadOnlyList<CaseSource> Leaving =>
        Revocation is not null
            ? []
            :
            [
                .. AllSources
                    .Where(entry => !IsReady(entry) && Permit?.Sources.Contains(entry.Source.Source) == true)
                    .Select(e => e.Source),
            ];

    /// <summary>
    /// What a source still needs before it is delivered (NOR-12): <c>decision</c>, kinds of approval, or, where all or
    /// nothing was chosen and it is ready itself, <c>other-sources</c>. Nothing once it is in the permit, or withdrawn; and
    /// <c>permit-ended</c> where it comes too late: what has ended stays ended.
    /// </summary>
    public IReadOnlyList<string> WaitsFor(CaseSource source, Case handled)
    {
        if (handled.IsWithdrawn || Permit?.Sources.Contains(source.Source) == true)
        {
            return [];
        }
        if (Revocation is not null)
        {
            return ["permit-ended"];
        }
        IReadOnlyList<string> own =
        [
            .. handled.IsGranted ? (IEnumerable<string>)[] : ["decision"],
            .. source.Approvals.Where(kind => !IsApproved(kind)),
        ];
        return own.Count == 0 && Entering.Count == 0 ? ["other-sources"] : own;
    }

    private IEnumerable<(CaseSource Source, Case Case)> AllSources =>
        Cases.SelectMany(handled => handled.Sources.Select(source => (source, handled)));

    /// <summary>Folds a history; null when there is none.</summary>
    public static Application? Fold(Guid id, IEnumerable<RecordedEvent> history) =>
        history.Aggregate<RecordedEvent, Application?>(null, (state, recorded) => Apply(id, state, recorded));

    /// <summary>One step of the fold.</summary>
    public static Application Apply(Guid id, Application? state, RecordedEvent recorded)
    {
        if (recorded.Event is ApplicationDrafted drafted)
        {
            return new Application
            {
                Id = id,
                Version = recorded.Sequence,
                Applicant = drafted.Applicant,
                Content = drafted.Content,
                DraftedAt = recorded.At,
            };
        }
        var before = state ?? throw new InvalidOperationException("A history begins with a draft.");
        if (recorded.Sequence != before.Version + 1)
        {
            throw new InvalidOperationException("The history has a gap.");
        }
        var after = recorded.Event switch
        {
            ApplicationRevised revised => before with { Content = revised.Content },
            ApplicationSubmitted submitted => before with
            {
                Sources = submitted.Sources,
                SubmittedAt = recorded.At,
                Approvals = [.. submitted.Approvals.Select(required => new Approval(required, null))],
            },
            FeeEstimated fee => before with { Fee = new FeeEstimate(fee.Currency, fee.Lines, fee.Rules, recorded.At) },
            CaseOpened opened => before with { Cases = [.. before.Cases, Case.Open(opened, recorded)] },
            InformationGiven { Content: not null } given => before with
            {
                Content = given.Content,
                Sources = given.Sources ?? before.Sources,
                Cases = [.. before.Cases.Select(c => c.Id == given.Case ? c.Apply(recorded) : c.Corrected(recorded))],
            },
            ApprovalDecided decided => before with
            {
                Approvals =
                [
                    .. before.Approvals.Select(approval =>
                        approval.Required.Kind == decided.Kind
                            ? approval with
                            {
                                Decision = new Judgement(decided.Outcome, decided.Reasons, recorded.At, recorded.Actor),
                            }
                            : approval
                    ),
                ],
            },
            ApprovalRevoked revoked => before with
            {
                Approvals =
                [
                    .. before.Approvals.Select(approval =>
                        approval.Required.Kind == revoked.Kind
                            ? approval with
                            {
                                Revocation = new Revocation(recorded.At, recorded.Actor, revoked.Reasons),
                            }
                            : approval
                    ),
                ],
            },
            ApplicationWithdrawn withdrawn => before.Without(withdrawn, recorded),
            PermitIssued issued => before with { Permits = [.. before.Permits, issued.Permit] },
            PermitWithdrawn withdrawn => before with { Revocation = new(recorded.At, recorded.Actor, withdrawn.Reasons) },
            DeletionProved proved => before with { DeletedAt = proved.ProvedAt },
            KeyShredded shredded => before with { ShreddedAt = shredded.ShreddedAt },
            CaseEvent happened => before with { Cases = [.. before.Cases.Select(c => c.Id == happened.Case ? c.Apply(recorded) : c)] },
            _ => throw new InvalidOperationException($"{recorded.Event.GetType().Name} is not known."),
        };
        return after with { Version = recorded.Sequence };
    }

    // What nothing that stands needs any more is not waited for either.
    private Application Without(ApplicationWithdrawn withdrawn, RecordedEvent recorded)
    {
        IReadOnlyList<Case> cases = [.. Cases.Select(c => withdrawn.Cases.Contains(c.Id) ? c.Apply(recorded) : c)];
        var needed = cases.Where(c => c.IsGranted).SelectMany(c => c.Sources).SelectMany(source => source.Approvals).ToHashSet();
        return this with
        {
            WithdrawnAt = recorded.At,
            Cases = cases,
            Approvals =
            [
                .. Approvals.Select(approval =>
                    approval.Decision is null && !needed.Contains(approval.Required.Kind)
                        ? approval with
                        {
                            WithdrawnAt = recorded.At,
                        }
                        : approval
                ),
            ],
        };
    }

    /// <summary>What it would be after events that are not stored yet.</summary>
    public Application Foresee(string actor, DateTimeOffset at, IEnumerable<ApplicationEvent> events) =>
        events.Aggregate(this, (state, happened) => Apply(Id, state, new RecordedEvent(state.Version + 1, at, actor, happened)));

    /// <summary>The case of an authority; null where it has none.</summary>
    public Case? CaseOf(string? authority) => Cases.SingleOrDefault(handled => handled.Authority == authority);

    /// <summary>Whether an authority decides anything of it: a case, or an approval.</summary>
    public bool Concerns(string? authority) =>
        CaseOf(authority) is not null || Approvals.Any(approval => approval.Required.Authority == authority);

    /// <summary>Changes a draft.</summary>
    public Ruling Revise(ApplicationContent content) =>
        State == ApplicationState.Draft
            ? Ruling.Allow(new ApplicationRevised(content))
            : Ruling.Conflict(
                "already-submitted",
                "The application was submitted",
                "It can be corrected only in answer to a request for information."
            );

    /// <summary>
    /// Sends it in: one case for each authority that is competent for any of its sources on this day, and the estimate of
    /// what it will cost.
    /// </summary>
    public Ruling Submit(
        IReadOnlyList<DescribedSource> sources,
        AuthorityRegister register,
        FeeRules fees,
        PolicyProfile profile,
        DateTimeOffset now
    )
    {
        if (State != ApplicationState.Draft)
        {
            return Ruling.Conflict("already-submitted", "The application was submitted", "Follow its cases instead.");
        }
        var competences = sources.Select(source => register.CompetentFor(source.Source, now)!).ToList();
        var required = register.Approvals.Where(rule => competences.Any(c => c.Approvals.Contains(rule.Kind)));
        var opened = competences
            .GroupBy(competence => competence.Authority)
            .Select(case_ => new CaseOpened(
                Guid.CreateVersion7(now),
                case_.Key,
                profile.Name,
                [.. case_.Select(c => new CaseSource(c.Source, c.LegalBasis, c.Approvals))]
            ))
            .ToList();
        return Ruling.Allow([
            new ApplicationSubmitted(
                sources,
                [.. required.Select(rule => new RequiredApproval(rule.Kind, rule.Authority, rule.Role, rule.LegalBasis))]
            ),
            fees.Estimate(opened.ToDictionary(c => c.Authority, c => (IReadOnlyList<string>)[.. c.Sources.Select(s => s.Source)])),
            .. opened,
        ]);
    }

    /// <summary>
    /// The applicant takes it back before the last decision, 62(5): the open cases end. What was granted stands, unless all
    /// or nothing was asked for.
    /// </summary>
    public Ruling Withdraw() =>
        State switch
        {
            ApplicationState.Submitted => Ruling.Allow(
                new ApplicationWithdrawn([.. Cases.Where(c => c.IsOpen || (Content.AllOrNothing && c.IsGranted)).Select(c => c.Id)])
            ),
            ApplicationState.Draft => Ruling.Conflict(
                "not-submitted",
                "The application is a draft",
                "Nobody else has it; change it or leave it."
            ),
            ApplicationState.Withdrawn => Ruling.Conflict("already-withdrawn", "The application is withdrawn", "Nothing is left to do."),
            _ => Ruling.Conflict(
                "already-decided",
                "Nobody has to decide any more",
                "Only the authorities can take back what they granted."
            ),
        };

    /// <summary>The applicant answers, within four weeks (68(4)); a correction comes with a new estimate.</summary>
    /// <param name="asked">Which case asked; may be left out where only one has.</param>
    /// <param name="answer">In words.</param>
    /// <param name="content">The whole corrected content, or null.</param>
    /// <param name="sources">What the catalogue says of its sources; with a content.</param>
    /// <param name="fees">For the estimate.</param>
    /// <param name="now">Now.</param>
    public Ruling GiveInformation(
        Guid? asked,
        string answer,
        ApplicationContent? content,
        IReadOnlyList<DescribedSource>? sources,
        FeeRules fees,
        DateTimeOffset now
    )
    {
        var waiting = Cases.Where(c => c.IsAnswerOutstanding && c.IsOpen && (asked is null || c.Id == asked)).ToList();
        return waiting switch
        {
            [] => Ruling.Conflict("no-information-requested", "Nobody asked for information", "Wait until the authority asks."),
            [_, _, ..] => Ruling.Conflict("several-asked", "Several authorities have asked", "Send 'case': each is answered on its own."),
            [var one] when one.CompletionIsLate(now) => Ruling.Conflict(
                "completion-window-closed",
                "The time for completion has ended",
                "The permit shall not be issued (EHDS 68(4)); apply anew."
            ),
            _ when content is not null && !Correction.LeavesAlone(this, content) => Ruling.Conflict(
                "decided-on",
                "Somebody has decided on what you change",
                "Keep the sources, and what was decided on, as they are; or apply anew."
            ),
            [var one] => Ruling.Allow([
                new InformationGiven(one.Id, answer, content, sources),
                fees.Estimate(Cases.ToDictionary(c => c.Authority, c => (IReadOnlyList<string>)[.. c.Sources.Select(s => s.Source)])),
            ]),
        };
    }

    /// <summary>An officer of the authority acts on its case.</summary>
    public Ruling ByOfficer(Official official, Func<Case, Ruling> act)
    {
        var handled =
            CaseOf(official.Authority)
            ?? throw new InvalidOperationException("Not this official's case: the caller must answer 404 before.");
        return Conflicted(official) ?? act(handled);
    }

    /// <summary>Another person than the preparer decides.</summary>
    public Ruling Decide(Official official, Outcome outcome, string reasons, DateTimeOffset now) =>
        ByOfficer(
            official,
            handled =>
                handled.Decide(official, outcome, reasons, now) is { Refusal: null } allowed
                    ? (outcome == Outcome.Granted ? Ungrantable(handled) : null) ?? allowed
                    : handled.Decide(official, outcome, reasons, now)
        );

    /// <summary>An official of another authority gives or refuses an approval (invariant 13).</summary>
    public Ruling Approve(Official official, string kind, Outcome outcome, string reasons) =>
        Conflicted(official)
        ?? ApprovalOf(kind) switch
        {
            { Decision: not null } => Ruling.Conflict("already-decided", "This approval is decided", "Nothing more can be done about it."),
            { WithdrawnAt: not null } => Ruling.Conflict(
                "withdrawn",
                "The application is withdrawn",
                "Nothing that stands needs the approval."
            ),
            _ => Ruling.Allow(new ApprovalDecided(kind, outcome, reasons)),
        };

    /// <summary>The authority takes its own decision back, 63(3); what others granted is theirs to take back.</summary>
    public Ruling Revoke(Official official, string reasons) =>
        ByOfficer(
            official,
            handled =>
                Revocation is not null
                    ? Ruling.Conflict("already-revoked", "The permit is revoked", "Nothing is left to do.")
                    : handled.Revoke(reasons)
        );

    /// <summary>An authority takes back an approval that it gave: what needs it stands no more (invariant 13).</summary>
    public Ruling RevokeApproval(Official official, string kind, string reasons) =>
        Conflicted(official)
        ?? ApprovalOf(kind) switch
        {
            { Revocation: not null } => Ruling.Conflict("already-revoked", "The approval is revoked", "Nothing is left to do."),
            { IsGiven: true } => Ruling.Allow(new ApprovalRevoked(kind, reasons)),
            _ => Ruling.Conflict("nothing-granted", "The approval was not given", "Nothing can be revoked."),
        };

    private Approval ApprovalOf(string kind) => Approvals.Single(approval => approval.Required.Kind == kind);

    private bool IsApproved(string kind) => Approvals.Any(approval => approval.Required.Kind == kind && approval.IsGiven);

    private bool IsReady((CaseSource Source, Case Case) entry) => entry.Case.IsGranted && entry.Source.Approvals.All(IsApproved);

    private Ruling? Conflicted(Official official) =>
        official.Sub == Applicant.Sub || Content.Persons?.Contains(official.Sub) == true
            ? Ruling.Forbid("conflict-of-interest", "You are a person of this application", "Somebody else must handle it.")
            : null;

    private Ruling? Ungrantable(Case handled)
    {
        if (Revocation is not null)
        {
            return Ruling.Conflict("permit-ended", "The permit of this application was revoked", "Refuse; the applicant may apply anew.");
        }
        // 62(5): whoever applies knows what it costs before it is granted, and may still say no.
        if (Fee?.Lines.Any(line => line.Authority == handled.Authority) != true)
        {
            return Ruling.Conflict(
                "fee-estimate-missing",
                "The applicant has no fee estimate",
                "Have fee rules for your authority, then ask the applicant for information: the answer comes with an estimate (EHDS 62(5))."
            );
        }
        // What was complete when it came may not be any more: rules and the application change.
        var broken = Completeness.Unlawful(Content, Applicant, handled.Sources, PolicyProfile.Named(handled.Profile)).FirstOrDefault();
        return broken is null
            ? null
            : Ruling.Conflict(
                "not-grantable",
                "The rules do not allow this permit",
                $"{broken.Field}: {broken.Message} ({broken.Article})"
            );
    }
}

/// <summary>An official of an authority.</summary>
public sealed record Official(string Sub, string Authority);

/// <summary>An approval that the application needs, and the decision once there is one.</summary>
/// <param name="Required">What is needed.</param>
/// <param name="Decision">Once there is one.</param>
/// <param name="Revocation">When and why its authority took it back.</param>
/// <param name="WithdrawnAt">When nobody had to decide any more, since the application was withdrawn.</param>
public sealed record Approval(
    RequiredApproval Required,
    Judgement? Decision,
    Revocation? Revocation = null,
    DateTimeOffset? WithdrawnAt = null
)
{
    /// <summary>Whether it was given and not taken back.</summary>
    public bool IsGiven => Decision is { Outcome: Outcome.Granted } && Revocation is null;
}

/// <summary>What the applicant is expected to pay.</summary>
public sealed record FeeEstimate(string Currency, IReadOnlyList<FeeLine> Lines, string Rules, DateTimeOffset At)
{
    /// <summary>The lines that an authority's officials see: of another's case they see nothing. Null is the applicant, who sees all.</summary>
    public FeeEstimate? SeenBy(string? authority) =>
        authority is null ? this
        : Lines.Where(line => line.Authority == authority).ToList() is { Count: > 0 } own ? this with { Lines = own }
        : null;

    /// <summary>The sum of the lines.</summary>
    public long Total => Lines.Sum(line => line.Amount);
}

/// <summary>A permit or a decision taken back.</summary>
public sealed record Revocation(DateTimeOffset At, string By, string Reasons);

/// <summary>The applicant's view of where the application stands.</summary>
public enum ApplicationState
{
    /// <summary>Only the applicant sees it.</summary>
    Draft,

    /// <summary>With the authorities.</summary>
    Submitted,

    /// <summary>Every case is decided, or withdrawn.</summary>
    DecisionIssued,

    /// <summary>Taken back before anybody had decided anything that stands.</summary>
    Withdrawn,
}
