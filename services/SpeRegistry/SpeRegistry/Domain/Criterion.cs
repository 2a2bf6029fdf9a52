namespace HealthDataNode.SpeRegistry.Domain;

/// <summary>One criterion of the self-declaration.</summary>
/// <param name="Id">Letter of the theme and number, for example <c>A1</c>.</param>
/// <param name="Theme">The theme.</param>
/// <param name="Text">What must hold.</param>
/// <param name="Articles">Where it comes from in EHDS.</param>
/// <param name="Satre">Statements of the SATRE specification.</param>
/// <param name="M74">Requirement numbers of the TEHDAS2 draft M7.4.</param>
/// <param name="Required">Whether approval needs it met.</param>
public sealed record Criterion(
    string Id,
    string Theme,
    string Text,
    IReadOnlyList<string> Articles,
    string? Satre,
    string? M74,
    bool Required
);

/// <summary>A version of the criteria, with where they come from.</summary>
/// <param name="Version">Version; a declaration names the one that it answers.</param>
/// <param name="Source">The law behind them.</param>
/// <param name="Attribution">Others' work that they refer to, with licences.</param>
/// <param name="Criteria">All of them.</param>
public sealed record CriteriaSet(string Version, string Source, string Attribution, IReadOnlyList<Criterion> Criteria);

/// <summary>How a criterion is answered.</summary>
public enum AnswerKind
{
    /// <summary>Holds.</summary>
    Met,

    /// <summary>Holds in part; the evidence says which.</summary>
    Partly,

    /// <summary>Does not hold.</summary>
    Not,

    /// <summary>Has no meaning here; the evidence says why.</summary>
    NotApplicable,
}

/// <summary>An answer to one criterion.</summary>
public sealed record CriterionAnswer
{
    /// <summary>The criterion's id.</summary>
    public required string Criterion { get; init; }

    /// <summary>The answer.</summary>
    public required AnswerKind Answer { get; init; }

    /// <summary>What shows it: a sentence, a document's name or address.</summary>
    public required string Evidence { get; init; }

    /// <summary>Who answers for it.</summary>
    public required string Owner { get; init; }

    /// <summary>The day it was last looked at.</summary>
    public required DateOnly Date { get; init; }
}
