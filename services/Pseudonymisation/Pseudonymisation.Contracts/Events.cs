namespace HealthDataNode.Pseudonymisation.Contracts.V1;

/// <summary>A part of identifiers was answered with person tokens. How many is known to the holder alone.</summary>
/// <param name="Order">Digest of the order.</param>
/// <param name="Holder">Party id of the holder.</param>
/// <param name="Part">Number of the part, from 1.</param>
/// <param name="At">When, UTC.</param>
public sealed record IdentifiersTokenised(string Order, string Holder, int Part, DateTimeOffset At);

/// <summary>A holder sent more identifiers than the permit allows its order; nothing of the part was answered.</summary>
/// <param name="Order">Digest of the order.</param>
/// <param name="Holder">Party id of the holder.</param>
/// <param name="At">When, UTC.</param>
public sealed record BudgetExceeded(string Order, string Holder, DateTimeOffset At);

/// <summary>An order ended here: no token of it is issued or re-keyed any more.</summary>
/// <param name="Order">Digest of the order.</param>
/// <param name="Outcome"><c>delivered</c> or <c>rejected</c>.</param>
/// <param name="TokensAgree">Whether the tokens issued are the tokens re-keyed; null when it was rejected before that was judged. False is an alarm.</param>
/// <param name="At">When, UTC.</param>
public sealed record OrderClosed(string Order, string Outcome, bool? TokensAgree, DateTimeOffset At);

/// <summary>An SPE proved that it deleted everything of a lineage that has ended.</summary>
/// <param name="Lineage">The lineage.</param>
/// <param name="Spe">Party id of the SPE.</param>
/// <param name="Proof">Digest of its signed proof.</param>
/// <param name="At">When the proof was accepted, UTC.</param>
public sealed record DeletionProved(string Lineage, string Spe, string Proof, DateTimeOffset At);

/// <summary>Somebody opted out of secondary use, or back in. Who it was and which of both is in no event.</summary>
/// <param name="Number">Number of the declaration.</param>
/// <param name="Source">By which way it came: <c>citizen</c>.</param>
/// <param name="At">From when it counts, UTC.</param>
public sealed record OptOutDeclared(long Number, string Source, DateTimeOffset At);

/// <summary>Permit took the opt-out list for a decision.</summary>
/// <param name="Decision">The decision's id.</param>
/// <param name="List">Number of its last declaration.</param>
/// <param name="Commitment">Hex SHA-256 that fixes the list without showing it.</param>
/// <param name="At">When, UTC.</param>
public sealed record OptOutListTaken(string Decision, long List, string Commitment, DateTimeOffset At);

/// <summary>A batch of the population register was taken in.</summary>
/// <param name="Batch">Its number.</param>
/// <param name="At">When, UTC.</param>
public sealed record PopulationTaken(int Batch, DateTimeOffset At);

/// <summary>The SPE of a lineage was given a numbered file of pseudonyms that became one.</summary>
/// <param name="Lineage">The lineage.</param>
/// <param name="Number">Number of the file within the lineage.</param>
/// <param name="At">When, UTC.</param>
public sealed record AliasesSealed(string Lineage, int Number, DateTimeOffset At);

/// <summary>A development build writes the permit keys that it makes to a second place too, for the search for leaks.</summary>
/// <param name="At">Since when, UTC.</param>
public sealed record KeyTapArmed(DateTimeOffset At);

/// <summary>The permit key of a lineage outlives six months after the end (EHDS 68(12)): an alarm, once for each.</summary>
/// <param name="Lineage">The lineage.</param>
/// <param name="At">When it was found, UTC.</param>
public sealed record KeyOverdue(string Lineage, DateTimeOffset At);

/// <summary>The permit key of a lineage was deleted: its pseudonyms can never be made or undone again.</summary>
/// <param name="Lineage">The lineage.</param>
/// <param name="Record">Digest of the signed record that names every place where the key was.</param>
/// <param name="At">When, UTC.</param>
public sealed record KeyShredded(string Lineage, string Record, DateTimeOffset At);
