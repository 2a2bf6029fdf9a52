namespace HealthDataNode.Catalogue.Contracts.V1;

/// <summary>A holder published a new version of a source's description (EHDS 60(3)).</summary>
/// <param name="Source">The source's name, for example <c>cancer</c>.</param>
/// <param name="Holder">The holder's party id.</param>
/// <param name="Version">From 1, without gaps.</param>
/// <param name="At">When, UTC.</param>
public sealed record DescriptionPublished(string Source, string Holder, int Version, DateTimeOffset At);
