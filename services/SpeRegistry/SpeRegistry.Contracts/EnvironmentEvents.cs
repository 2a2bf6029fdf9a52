namespace HealthDataNode.SpeRegistry.Contracts.V1;

/// <summary>An SPE said, or changed, where it is reached and what its encryption key is.</summary>
/// <param name="Party">The SPE's party id.</param>
/// <param name="Version">The environment's version after this; a consumer ignores an older one.</param>
/// <param name="Org">Organisation number of its operator.</param>
/// <param name="At">When, UTC.</param>
public sealed record EnvironmentRegistered(string Party, int Version, string Org, DateTimeOffset At);

/// <summary>An SPE's operator declared how it meets the criteria of EHDS Art. 73.</summary>
/// <param name="Party">The SPE's party id.</param>
/// <param name="Version">The environment's version after this.</param>
/// <param name="Declaration">The declaration's number, from 1.</param>
/// <param name="CriteriaVersion">Version of the criteria that it answers.</param>
/// <param name="At">When, UTC.</param>
public sealed record EnvironmentDeclared(string Party, int Version, int Declaration, string CriteriaVersion, DateTimeOffset At);

/// <summary>An auditor of another organisation approved an SPE.</summary>
/// <param name="Party">The SPE's party id.</param>
/// <param name="Version">The environment's version after this.</param>
/// <param name="Declaration">Number of the declaration that was approved.</param>
/// <param name="Until">The approval's end, exclusive, UTC.</param>
/// <param name="At">When, UTC.</param>
public sealed record EnvironmentApproved(string Party, int Version, int Declaration, DateTimeOffset Until, DateTimeOffset At);

/// <summary>An auditor of another organisation suspended an SPE: it gets nothing until it is approved again.</summary>
/// <param name="Party">The SPE's party id.</param>
/// <param name="Version">The environment's version after this.</param>
/// <param name="At">When, UTC.</param>
public sealed record EnvironmentSuspended(string Party, int Version, DateTimeOffset At);
