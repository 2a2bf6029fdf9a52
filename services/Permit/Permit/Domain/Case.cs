using HealthDataNode.Permit.Domain.Clocks;
using HealthDataNode.Permit.Domain.Policy;

namespace HealthDataNode.Permit.Domain;

/// <summary>The handling of an application by one decision authority.</summary>
public sealed record Case
{
    /// <summary>Its id.</summary>
    public required Guid Id { get; init; }

    /// <summary>Who decides.</summary>
    public required string Authority { get; init; }

    /// <summary>The policy profile under which it was opened; it keeps that one.</summary>
    public required string Profile { get; init; }

    /// <summary>What it decides on, with what else each source needs.</summary>
    public required IReadOnlyList<CaseSource> Sources { get; init; }

    /// <summary>When it was opened.</summary>
    public required DateTimeOffset OpenedAt { get; init; }

    /// <summary>Every round of questions and answers.</summary>
    public IReadOnlyList<InformationRound> Rounds { get; init; } = [];

    /// <summary>Every preparation; the last one stands.</summary>
    public IReadOnlyList<Judgement> Preparations { get; init; } = [];

    /// <summary>The decision.</summary>
    public Judgement? Decision { get; init; }

    /// <summary>When and why the authority took its decision back.</summary>
    public Revocation? Revocation { get; init; }

    /// <summary>The clocks in the order in which they began.</summary>
    public IReadOnlyList<StatutoryClock> Clocks { get; init; } = [];

    /// <summary>Where it stands, in the words of D6.4.</summary>
    public CaseState State { get; init; } = CaseState.PreScreening;

    /// <summary>Every stay in a state, in order; the last one of a decided case is the wait for publication.</summary>
    public IReadOnlyList<Stage> Stages { get; init; } = [];

    /// <summary>The newest event that concerns this case: what an official decides on, and no other authority's doings.</summary>
    public int Version { get; init; }

    /// <summary>Whether somebody has still to decide it.</summary>
    public bool IsOpen => State is not (CaseState.Decided or CaseState.Withdrawn);

    /// <summary>Whether the applicant took it back.</summary>
    public bool IsWithdrawn => State == CaseState.Withdrawn;

    /// <summary>Whether a decision grants it and nobody has taken it back.</summary>
    public bool IsGranted => Decision is { Outcome: Outcome.Granted } && Revocation is null && !IsWithdrawn;

    /// <summary>Whether the applicant was asked and has not answered.</summary>
    public bool IsAnswerOutstanding => Rounds is [.., { AnsweredAt: null }];

    /// <summary>A new case; the clock of the decision starts, since what was submitted was complete.</summary>
    public static Case Open(CaseOpened opened, RecordedEvent recorded) =>
        new()
        {
            Id = opened.Case,
            Authority = opened.Authority,
            Profile = opened.Profile,
            Sources = opened.Sources,
            OpenedAt = recorded.At,
            Version = recorded.Sequence,
            Clocks = [StatutoryClock.Start(PolicyProfile.Decision, recorded.At)],
            Stages = [new Stage(CaseState.PreScreening, recorded.At, null)],
        };

    /// <summary>One step of the fold.</summary>
    public Case Apply(RecordedEvent recorded) => Moved(Step(recorded), recorded);

    /// <summary>The application was corrected in answer to somebody: what was prepared was prepared on another one.</summary>
    public Case Corrected(RecordedEvent recorded) =>
        !IsOpen ? this : Moved(State == CaseState.Prepared ? this with { State = CaseState.Processing } : this, recorded);

    private Case Moved(Case after, RecordedEvent recorded) =>
        (after.State == State ? after : after with { Stages = [.. Ended(recorded.At), EnteredBy(after, recorded.At)] }) with
        {
            Version = recorded.Sequence,
        };

    // Nothing follows a withdrawal: it is over as it happens.
    private static Stage EnteredBy(Case after, DateTimeOffset at) => new(after.State, at, after.IsWithdrawn ? at : null);

    private IEnumerable<Stage> Ended(DateTimeOffset at) => [.. Stages.SkipLast(1), Stages[^1] with { To = Stages[^1].To ?? at }];

    private Case Step(RecordedEvent recorded)
    {
        var at = recorded.At;
        return recorded.Event switch
        {
            InformationRequested requested => this with
            {
                State = CaseState.AwaitingAdditionalInformation,
                Rounds = [.. Rounds, new InformationRound(at, recorded.Actor, requested.Questions, null, null)],
                Clocks =
                [
                    .. Change(PolicyProfile.Decision, clock => clock.Suspend(at, "information-requested")),
                    StatutoryClock.Start(PolicyProfile.Completion, at),
                ],
            },
            InformationGiven given => this with
            {
                State = CaseState.Processing,
                Rounds = [.. Rounds.SkipLast(1), Rounds[^1] with { AnsweredAt = at, Answer = given.Answer }],
                Clocks = Change(clock =>
                    clock.Rule == PolicyProfile.Decision ? clock.Resume(at)
                    : clock.Rule == PolicyProfile.Completion && clock.Ended is null ? clock.End(at)
                    : clock
                ),
            },
            ClockExtended extended => this with { Clocks = Change(PolicyProfile.Decision, clock => clock.Extend(at, extended.Reasons)) },
            CasePrepared prepared => this with
            {
                State = CaseState.Prepared,
                Preparations = [.. Preparations, new Judgement(prepared.Outcome, prepared.Reasons, at, recorded.Actor)],
            },
            CaseDecided decided => this with
            {
                State = CaseState.Decided,
                Decision = new Judgement(decided.Outcome, decided.Reasons, at, recorded.Actor),
                Clocks = [.. Stopped(at), StatutoryClock.Start(PolicyProfile.Publication, at)],
            },
            DecisionPublished => this with { Clocks = Change(PolicyProfile.Publication, clock => clock.End(at)), Stages = [.. Ended(at)] },
            DecisionRevoked revoked => this with { Revocation = new Revocation(at, recorded.Actor, revoked.Reasons) },
            ApplicationWithdrawn => this with { State = CaseState.Withdrawn, Clocks = Stopped(at) },
            _ => throw new InvalidOperationException($"{recorded.Event.GetType().Name} is no event of a case."),
        };
    }

    /// <summary>An officer asks for information; the clock stands still until the answer.</summary>
    public Ruling RequestInformation(IReadOnlyList<Question> questions) =>
        !IsOpen ? Over()
        : IsAnswerOutstanding ? Ruling.Conflict("information-outstanding", "The applicant was asked already", "Wait for the answer.")
        : Ruling.Allow(new InformationRequested(Id, questions));

    /// <summary>The limit of the decision is extended, once.</summary>
    public Ruling Extend(string reasons, DateTimeOffset now)
    {
        var profile = PolicyProfile.Named(Profile);
        var clock = Clocks.Single(c => c.Rule == PolicyProfile.Decision);
        return !IsOpen ? Over()
            : clock.Extension is not null || profile.Rule(clock.Rule).Extension == 0
                ? Ruling.Conflict("not-extensible", "The time limit cannot be extended", "It may be extended at most once (EHDS 68(4)).")
            : profile.DueAt(clock) < now
                ? Ruling.Conflict("already-late", "The time limit has passed", "It can be extended only before it ends.")
            : Ruling.Allow(new ClockExtended(Id, reasons));
    }

    /// <summary>An officer prepares; anew as often as needed until the decision.</summary>
    public Ruling Prepare(Outcome outcome, string reasons, DateTimeOffset now) =>
        !IsOpen ? Over() : Outstanding(outcome, now) ?? Ruling.Allow(new CasePrepared(Id, outcome, reasons));

    /// <summary>A decision-maker decides, who has prepared nothing here.</summary>
    public Ruling Decide(Official official, Outcome outcome, string reasons, DateTimeOffset now) =>
        !IsOpen ? Over()
        // Four eyes: whoever prepared the case at any time does not decide it.
        : Preparations.Any(preparation => preparation.By == official.Sub)
            ? Ruling.Forbid("four-eyes", "You prepared this case", "Another decision-maker must decide it.")
        : State != CaseState.Prepared
            ? Outstanding(outcome, now)
                ?? Ruling.Conflict("not-prepared", "Nobody has prepared the case", "A case officer prepares it first.")
        : Outstanding(outcome, now) is { } outstanding ? outstanding
        : Ruling.Allow(new CaseDecided(Id, outcome, reasons), new DecisionPublished(Id));

    /// <summary>Whether the applicant's four weeks have passed.</summary>
    public bool CompletionIsLate(DateTimeOffset now) =>
        Clocks.LastOrDefault(clock => clock.Rule == PolicyProfile.Completion) is { Ended: null } clock
        && PolicyProfile.Named(Profile).DueAt(clock) <= now;

    // While the applicant is asked, nothing is judged; afterwards, without an answer, only a refusal (68(4)).
    private Ruling? Outstanding(Outcome outcome, DateTimeOffset now) =>
        !IsAnswerOutstanding ? null
        : !CompletionIsLate(now)
            ? Ruling.Conflict(
                "information-outstanding",
                "The applicant's answer is outstanding",
                "Wait for it, or for the end of the four weeks."
            )
        : outcome == Outcome.Granted
            ? Ruling.Conflict(
                "completion-window-closed",
                "The application was not completed in time",
                "The permit shall not be issued (EHDS 68(4))."
            )
        : null;

    /// <summary>The authority takes its decision back.</summary>
    public Ruling Revoke(string reasons) =>
        Revocation is not null ? Ruling.Conflict("already-revoked", "The decision is revoked", "Nothing is left to do.")
        : !IsGranted ? Ruling.Conflict("nothing-granted", "Your authority has granted nothing here", "Nothing can be revoked.")
        : Ruling.Allow(new DecisionRevoked(Id, reasons));

    private Ruling Over() =>
        IsWithdrawn
            ? Ruling.Conflict("withdrawn", "The application is withdrawn", "Nothing more can be done in its cases.")
            : Ruling.Conflict("already-decided", "The case is decided", "Nothing more can be done in it.");

    private IReadOnlyList<StatutoryClock> Stopped(DateTimeOffset at) => Change(clock => clock.Ended is null ? clock.End(at) : clock);

    private IReadOnlyList<StatutoryClock> Change(string rule, Func<StatutoryClock, StatutoryClock> change) =>
        Change(clock => clock.Rule == rule ? change(clock) : clock);

    private IReadOnlyList<StatutoryClock> Change(Func<StatutoryClock, StatutoryClock> change) => [.. Clocks.Select(change)];
}

/// <summary>Questions and the answer to them.</summary>
public sealed record InformationRound(
    DateTimeOffset RequestedAt,
    string RequestedBy,
    IReadOnlyList<Question> Questions,
    DateTimeOffset? AnsweredAt,
    string? Answer
);

/// <summary>A proposal or a decision, with its reasons.</summary>
public sealed record Judgement(Outcome Outcome, string Reasons, DateTimeOffset At, string By);

/// <summary>A stay in a state; <paramref name="To"/> is null while it lasts.</summary>
public sealed record Stage(CaseState State, DateTimeOffset From, DateTimeOffset? To);

/// <summary>Where a case stands.</summary>
public enum CaseState
{
    /// <summary>Nobody has done anything yet.</summary>
    PreScreening,

    /// <summary>The applicant was asked; the clock stands still.</summary>
    AwaitingAdditionalInformation,

    /// <summary>The applicant answered.</summary>
    Processing,

    /// <summary>An officer proposed an outcome.</summary>
    Prepared,

    /// <summary>Decided.</summary>
    Decided,

    /// <summary>Taken back by the applicant.</summary>
    Withdrawn,
}
