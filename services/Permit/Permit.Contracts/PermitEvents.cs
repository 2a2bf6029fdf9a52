namespace HealthDataNode.Permit.Contracts.V1;

/// <summary>An application was complete and submitted.</summary>
/// <param name="Application">Its id.</param>
/// <param name="Version">The application's version; an older one than seen is to be ignored.</param>
/// <param name="Sub">The applicant's opaque id.</param>
/// <param name="Org">The applicant's organisation number.</param>
/// <param name="Purpose">EHDS 53(1), for example <c>53(1)(e)</c>.</param>
/// <param name="Sources">Names of the sources asked for.</param>
/// <param name="Authority">The authority that has the case.</param>
public sealed record ApplicationSubmitted(
    Guid Application,
    int Version,
    string Sub,
    string Org,
    string Purpose,
    IReadOnlyList<string> Sources,
    string Authority
);

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
/// <param name="Lineage">The permit's lineage where granted.</param>
public sealed record CaseDecided(Guid Application, Guid Case, int Version, string Sub, string Outcome, string? Lineage = null);

/// <summary>A permit was granted and signed.</summary>
/// <param name="Lineage">The permit with its later amendments.</param>
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
