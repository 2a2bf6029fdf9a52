using HealthDataNode.Permit.Domain.Policy;

namespace HealthDataNode.Permit.Domain;

/// <summary>An application with its case and permit: a fold over its events, and the acts that the rules allow on it.</summary>
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

    /// <summary>The case, once submitted.</summary>
    public Case? Case { get; init; }

    /// <summary>The permit, once granted.</summary>
    public IssuedPermit? Permit { get; init; }

    /// <summary>When and why the permit was revoked.</summary>
    public Revocation? Revocation { get; init; }

    /// <summary>Where it stands.</summary>
    public ApplicationState State =>
        Case switch
        {
            null => ApplicationState.Draft,
            { Decision: null } => ApplicationState.Submitted,
            _ => ApplicationState.DecisionIssued,
        };

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
            ApplicationSubmitted submitted => before with { Sources = submitted.Sources, SubmittedAt = recorded.At },
            CaseOpened opened => before with { Case = Case.Open(opened, recorded.At) },
            InformationGiven given => before with
            {
                Content = given.Content ?? before.Content,
                Sources = given.Sources ?? before.Sources,
                Case = before.Case!.Apply(recorded),
            },
            PermitIssued issued => before with { Permit = issued.Permit },
            PermitWithdrawn withdrawn => before with { Revocation = new(recorded.At, recorded.Actor, withdrawn.Reasons) },
            _ => before with { Case = before.Case!.Apply(recorded) },
        };
        return after with { Version = recorded.Sequence };
    }

    /// <summary>Changes a draft.</summary>
    public Ruling Revise(ApplicationContent content) =>
        State == ApplicationState.Draft
            ? Ruling.Allow(new ApplicationRevised(content))
            : Ruling.Conflict(
                "already-submitted",
                "The application was submitted",
                "It can be corrected only in answer to a request for information."
            );

    /// <summary>Sends it in; one case for the one authority of the profile.</summary>
    public Ruling Submit(IReadOnlyList<DescribedSource> sources, Guid newCase, PolicyProfile profile) =>
        State == ApplicationState.Draft
            ? Ruling.Allow(
                new ApplicationSubmitted(sources),
                new CaseOpened(newCase, profile.Authority, profile.Name)
            )
            : Ruling.Conflict("already-submitted", "The application was submitted", "Follow its case instead.");

    /// <summary>The applicant answers, within four weeks (68(4)).</summary>
    public Ruling GiveInformation(
        string answer,
        ApplicationContent? content,
        IReadOnlyList<DescribedSource>? sources,
        DateTimeOffset now
    ) =>
        Case switch
        {
            { Decision: null } waiting when waiting.CompletionIsLate(now) => Ruling.Conflict(
                "completion-window-closed",
                "The time for completion has ended",
                "The permit shall not be issued (EHDS 68(4)); apply anew."
            ),
            null or { State: not CaseState.AwaitingAdditionalInformation } => Ruling.Conflict(
                "no-information-requested",
                "Nobody asked for information",
                "Wait until the authority asks."
            ),
            _ => Ruling.Allow(new InformationGiven(answer, content, sources)),
        };

    /// <summary>An officer of the authority acts on the case.</summary>
    public Ruling ByOfficer(Official official, Func<Case, Ruling> act)
    {
        if (Case is null || official.Authority != Case.Authority)
        {
            throw new InvalidOperationException("Not this official's case: the caller must answer 404 before.");
        }
        if (official.Sub == Applicant.Sub || Content.Persons?.Contains(official.Sub) == true)
        {
            return Ruling.Forbid(
                "conflict-of-interest",
                "You are a person of this application",
                "Somebody else must handle it."
            );
        }
        return act(Case);
    }

    /// <summary>Another person than the preparer decides.</summary>
    public Ruling Decide(Official official, Outcome outcome, string reasons, DateTimeOffset now) =>
        ByOfficer(official, handled => handled.Decide(official, outcome, reasons, now));

    /// <summary>The authority takes the permit back, 63(3).</summary>
    public Ruling Revoke(Official official, string reasons) =>
        ByOfficer(
            official,
            _ =>
                Permit is null ? Ruling.Conflict("no-permit", "There is no permit", "Nothing can be revoked.")
                : Revocation is not null ? Ruling.Conflict("already-revoked", "The permit is revoked", "Nothing is left to do.")
                : Ruling.Allow(new PermitWithdrawn(reasons))
        );
}

/// <summary>An official of an authority.</summary>
public sealed record Official(string Sub, string Authority);

/// <summary>A permit taken back.</summary>
public sealed record Revocation(DateTimeOffset At, string By, string Reasons);

/// <summary>The applicant's view of where the application stands.</summary>
public enum ApplicationState
{
    /// <summary>Only the applicant sees it.</summary>
    Draft,

    /// <summary>With the authority.</summary>
    Submitted,

    /// <summary>Granted or refused.</summary>
    DecisionIssued,
}
