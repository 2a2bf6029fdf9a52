namespace HealthDataNode.Permit.Domain;

/// <summary>What the rules say of an act: the events that it causes, or why it may not be.</summary>
public sealed record Ruling(IReadOnlyList<ApplicationEvent> Events, Refusal? Refusal)
{
    /// <summary>It happens.</summary>
    public static Ruling Allow(params IReadOnlyList<ApplicationEvent> events) => new(events, null);

    /// <summary>It may not be done by this person.</summary>
    public static Ruling Forbid(string type, string title, string detail) =>
        new([], new Refusal(RefusalKind.Forbidden, type, title, detail));

    /// <summary>It may not be done in this state.</summary>
    public static Ruling Conflict(string type, string title, string detail) =>
        new([], new Refusal(RefusalKind.Conflict, type, title, detail));
}

/// <summary>Why not, with a stable type and what to do.</summary>
public sealed record Refusal(RefusalKind Kind, string Type, string Title, string Detail);

/// <summary>Whether the person or the state stands in the way.</summary>
public enum RefusalKind
{
    /// <summary>The person.</summary>
    Forbidden,

    /// <summary>The state.</summary>
    Conflict,
}
