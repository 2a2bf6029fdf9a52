namespace HealthDataNode.Permit.Contracts.V1;

/// <summary>An application was complete and submitted.</summary>
/// <param name="Application">Its id.</param>
/// <param name="Version">The application's version; an older one than seen is to be ignored.</param>
/// <param name="Sub">The applicant's opaque id.</param>
/// <param name="Org">The applicant's organisation number.</param>
/// <param name="Purpose">EHDS 53(1), for example <c>53(1)(e)</c>.</param>
/// <param name="Sources">Names of the sources asked for.</param>
/// <param name="Authority">The authority of the first case.</param>
/// <param name="Authorities">The authorities that have a case each.</param>
public sealed record ApplicationSubmitted(
    Guid Application,
    int Version,
    string Sub,
    string Org,
    string Purpose,
    IReadOnlyList<string> Sources,
    string Authority,
    IReadOnlyList<string>? Authorities = null
);

/// <summary>The applicant was told what an application is expected to cost (EHDS 62(5)).</summary>
/// <param name="Application">The application.</param>
/// <param name="Version">The application's version.</param>
/// <param name="Currency">ISO 4217.</param>
/// <param name="Total">In whole units of it, excluding value added tax.</param>
public sealed record FeeEstimated(Guid Application, int Version, string Currency, long Total);

/// <summary>The applicant took an application back while somebody had still to decide.</summary>
/// <param name="Application">The application.</param>
/// <param name="Version">The application's version.</param>
/// <param name="Sub">The applicant's opaque id.</param>
/// <param name="Cases">The cases that end with it; what others granted stands.</param>
public sealed record ApplicationWithdrawn(Guid Application, int Version, string Sub, IReadOnlyList<Guid> Cases);

/// <summary>An officer asked the applicant for information; the clock stands still.</summary>
/// <param name="Application">The application.</param>
/// <param name="Case">The case.</param>
/// <param name="Version">The application's version.</param>
/// <param name="Sub">The officer's opaque id.</param>
public sealed record InformationRequested(Guid Application, Guid Case, int Version, string Sub);

/// <summary>The applicant answered; the clock goes on.</summary>
/// <param name="Application">The application.</param>
/// <param name="Case">The case.</param>
/// <param name="Version">The application's version.</param>
/// <param name="Sub">The applicant's opaque id.</param>
public sealed record InformationGiven(Guid Application, Guid Case, int Version, string Sub);

/// <summary>The time limit of a case was extended.</summary>
/// <param name="Application">The application.</param>
/// <param name="Case">The case.</param>
/// <param name="Version">The application's version.</param>
/// <param name="Sub">The officer's opaque id.</param>
public sealed record TimeLimitExtended(Guid Application, Guid Case, int Version, string Sub);

/// <summary>An officer prepared a case for decision.</summary>
/// <param name="Application">The application.</param>
/// <param name="Case">The case.</param>
/// <param name="Version">The application's version.</param>
/// <param name="Sub">The officer's opaque id.</param>
/// <param name="Outcome"><c>granted</c> or <c>refused</c>, as proposed.</param>
public sealed record CasePrepared(Guid Application, Guid Case, int Version, string Sub, string Outcome);

/// <summary>A case was decided by another person than the preparer.</summary>
/// <param name="Application">The application.</param>
/// <param name="Case">The case.</param>
/// <param name="Version">The application's version.</param>
/// <param name="Sub">The decision-maker's opaque id.</param>
/// <param name="Outcome"><c>granted</c> or <c>refused</c>.</param>
/// <param name="Lineage">The permit's lineage where this brought sources into it.</param>
public sealed record CaseDecided(Guid Application, Guid Case, int Version, string Sub, string Outcome, string? Lineage = null);

/// <summary>An approval that sources need beside the decision of their case was given or refused.</summary>
/// <param name="Application">The application.</param>
/// <param name="Version">The application's version.</param>
/// <param name="Sub">The opaque id of who decided.</param>
/// <param name="Kind"><c>ethics</c> or <c>dispensation</c>.</param>
/// <param name="Outcome"><c>granted</c> or <c>refused</c>.</param>
/// <param name="Lineage">The permit's lineage where this was the last thing that a source waited for.</param>
public sealed record ApprovalDecided(Guid Application, int Version, string Sub, string Kind, string Outcome, string? Lineage = null);

/// <summary>An approval was taken back by who gave it: no source that needs it is in the permit any more.</summary>
/// <param name="Application">The application.</param>
/// <param name="Version">The application's version.</param>
/// <param name="Sub">The opaque id of who took it back.</param>
/// <param name="Kind"><c>ethics</c> or <c>dispensation</c>.</param>
/// <param name="Lineage">The permit's lineage; null where nothing of the application was in a permit yet.</param>
public sealed record ApprovalRevoked(Guid Application, int Version, string Sub, string Kind, string? Lineage);

/// <summary>An authority took its own decision back; those of others stand, and the permit goes on without its sources,
/// or ends.</summary>
/// <param name="Application">The application.</param>
/// <param name="Case">The case.</param>
/// <param name="Version">The application's version.</param>
/// <param name="Sub">The decision-maker's opaque id.</param>
/// <param name="Lineage">The permit's lineage; null where nothing of the application was in a permit yet.</param>
public sealed record DecisionRevoked(Guid Application, Guid Case, int Version, string Sub, string? Lineage);

/// <summary>Results left a room: the environment's signed record was taken into the register (EHDS 73(2)).</summary>
/// <param name="Lineage">The lineage.</param>
/// <param name="Spe">Party id of the environment.</param>
/// <param name="Record">Digest of the signed record.</param>
/// <param name="At">When they left, UTC.</param>
public sealed record ReleaseRecorded(string Lineage, string Spe, string Record, DateTimeOffset At);

/// <summary>
/// An alarm: somebody whom a version of the permit names voted on what left the room (EHDS 55(3), 73(2)); an environment
/// must not count such a vote.
/// </summary>
/// <param name="Lineage">The lineage.</param>
/// <param name="Spe">Party id of the environment.</param>
/// <param name="Record">Digest of the signed record.</param>
public sealed record ReleaseJudgedByParticipant(string Lineage, string Spe, string Record);

/// <summary>A version of a permit was signed: the first one, one with more sources, or one with fewer.</summary>
/// <param name="Lineage">The permit with its later versions.</param>
/// <param name="Version">Version within the lineage, from 1.</param>
/// <param name="Document">The permit, a JWS of type <c>permit+jwt</c>; whoever acts on it verifies it.</param>
/// <param name="Sources">Names of the sources that it names.</param>
public sealed record PermitGranted(string Lineage, int Version, string Document, IReadOnlyList<string> Sources);

/// <summary>A permit was revoked (EHDS 63(3)).</summary>
/// <param name="Lineage">The lineage.</param>
/// <param name="Version">Its newest version.</param>
/// <param name="Sub">The decision-maker's opaque id.</param>
/// <param name="At">When, UTC.</param>
public sealed record PermitRevoked(string Lineage, int Version, string Sub, DateTimeOffset At);
