namespace HealthDataNode.Edge.Page;

/// <summary>What the node shows to anybody. A part is null when its service did not answer.</summary>
internal sealed record Facts(
    IReadOnlyList<SourceFact>? Sources = null,
    IReadOnlyList<ApplicationFact>? Register = null,
    IReadOnlyList<StageFact>? Stages = null,
    IReadOnlyList<OrderFact>? Orders = null,
    IReadOnlyList<ReleaseFact>? Releases = null,
    AuditHead? Audit = null
)
{
    /// <summary>What became of each application, the newest first; null where Permit did not say.</summary>
    public IReadOnlyList<Journey>? Journeys(Language language) =>
        Register?.Select(application => new Journey(language, application, Orders, Releases)).ToArray();
}

/// <summary>A text in both languages.</summary>
internal sealed record LocalText(string? Nb = null, string? En = null);

/// <summary>Of <c>GET catalogue /v1/descriptions</c>.</summary>
internal sealed record SourceFact(
    string Source,
    int Version,
    string HolderName,
    LocalText Title,
    int Variables,
    long? NumberOfRecords = null,
    long? NumberOfUniqueIndividuals = null
);

/// <summary>Of <c>GET permit /v1/register</c>: an application and what became of it.</summary>
internal sealed record ApplicationFact(
    string Title,
    string Organisation,
    string Purpose,
    string LegalBasis,
    DateTimeOffset SubmittedAt,
    IReadOnlyList<CaseFact> Cases,
    IReadOnlyList<ApprovalFact> Approvals,
    IReadOnlyList<VersionFact> Permits,
    string? Lineage = null,
    string? Spe = null,
    DateTimeOffset? From = null,
    DateTimeOffset? To = null,
    DateTimeOffset? WithdrawnAt = null,
    DateTimeOffset? RevokedAt = null,
    DateTimeOffset? DeletedAt = null,
    DateTimeOffset? ShreddedAt = null
)
{
    /// <summary>Every decision and approval that was taken back, and by whom.</summary>
    public IEnumerable<(string Authority, RevocationFact Revocation)> Revocations =>
        Cases
            .Select(handled => (handled.Authority, handled.Revocation))
            .Concat(Approvals.Select(approval => (approval.Authority, approval.Revocation)))
            .Where(one => one.Revocation is not null)
            .Select(one => (one.Authority, one.Revocation!));

    /// <summary>Its permit, once there is one.</summary>
    public PermitFact? Permit =>
        Lineage is { } lineage && Spe is { } spe && From is { } from && To is { } to
            ? new(lineage, spe, from, to, [.. Permits.OrderBy(version => version.Version)], RevokedAt, DeletedAt, ShreddedAt)
            : null;
}

/// <summary>Of an application: what one authority decides.</summary>
internal sealed record CaseFact(
    string Authority,
    IReadOnlyList<string> Sources,
    DateTimeOffset OpenedAt,
    DecisionFact? Decision = null,
    RevocationFact? Revocation = null,
    DateTimeOffset? WithdrawnAt = null
);

/// <summary>Of an application: an approval that a rule requires.</summary>
internal sealed record ApprovalFact(string Kind, string Authority, DecisionFact? Decision = null, RevocationFact? Revocation = null);

/// <summary>Of a case or an approval, once it is decided.</summary>
internal sealed record DecisionFact(string Outcome, string Reasons, DateTimeOffset DecidedAt)
{
    public bool IsRefusal => Outcome == "refused";
}

/// <summary>Of a case or an approval: the authority took its decision back.</summary>
internal sealed record RevocationFact(string Reasons, DateTimeOffset At);

/// <summary>Of an application: its permit with all versions, and how it ended.</summary>
internal sealed record PermitFact(
    string Lineage,
    string Spe,
    DateTimeOffset From,
    DateTimeOffset To,
    IReadOnlyList<VersionFact> Versions,
    DateTimeOffset? RevokedAt,
    DateTimeOffset? DeletedAt,
    DateTimeOffset? ShreddedAt
);

/// <summary>Of a permit: one signed version.</summary>
internal sealed record VersionFact(int Version, string Digest, IReadOnlyList<string> Sources, DateTimeOffset IssuedAt, FeeFact? Fee = null);

/// <summary>Of a version: what it costs, as the applicant was told before it was decided.</summary>
internal sealed record FeeFact(long Estimate, string Currency, string Rules);

/// <summary>Of <c>GET permit /v1/statistics</c>: how many days a stage takes at an authority.</summary>
internal sealed record StageFact(string Authority, string Stage, int Ended, int Open, double? Median = null, double? Longest = null);

/// <summary>Of <c>GET gateway /v1/deliveries</c>: counts are rounded, and null below the policy's threshold.</summary>
internal sealed record OrderFact(
    string Lineage,
    string Source,
    string Spe,
    string State,
    bool Revoked,
    DateTimeOffset IssuedAt,
    DateTimeOffset? ReceivedAt = null,
    DateTimeOffset? DeliveredAt = null,
    DateTimeOffset? RejectedAt = null,
    long? Rows = null,
    long? Persons = null
);

/// <summary>Of <c>GET permit /v1/releases</c>: what left a room, and who said that it may.</summary>
internal sealed record ReleaseFact(
    string Record,
    string Lineage,
    string Spe,
    string Digest,
    IReadOnlyList<ReleasedFile> Files,
    IReadOnlyList<RuleFact> Rules,
    IReadOnlyList<string> Votes,
    DateTimeOffset ReleasedAt
);

/// <summary>Of a release: a file; its name is the requester's own and is not public.</summary>
internal sealed record ReleasedFile(string Type, long Length, string Sha256);

/// <summary>Of a release: an automatic check.</summary>
internal sealed record RuleFact(string Rule, string Outcome);

/// <summary>Of <c>GET audit /v1/head</c>.</summary>
internal sealed record AuditHead(long Entries, string Hash, DateTimeOffset? At = null);
