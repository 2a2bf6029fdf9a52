namespace HealthDataNode.Edge.Page.Front;

/// <summary>The head of the audit log.</summary>
internal sealed class AuditPart(Language language, Facts facts) : Part(language, facts)
{
    public override Html Draw() =>
        Section(
            "audit",
            Say("Hendelseslogg", "Audit log"),
            Say(
                "Hver hendelse er lenket til den forrige med en hash. Skriv ned hashen og sammenlign senere.",
                "Each entry is chained to the one before by a hash. Write the hash down and compare later."
            ),
            Facts.Audit is { } head ? Head(head) : Away()
        );

    private Html Head(AuditHead head) =>
        $"""
            <dl class="facts">
            <dt>{Say("Antall hendelser", "Entries")}</dt><dd>{Language.Number(head.Entries)}</dd>
            <dt>{Say("Siste hash", "Last hash")}</dt><dd class="hash">{head.Hash}</dd>
            <dt>{Say("Siste hendelse", "Last entry")}</dt><dd>{(head.At is { } at ? Time(at) : Dash())}</dd>
            </dl>
            {Raw("/audit/v1/head")}
            """;
}
