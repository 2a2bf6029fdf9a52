namespace HealthDataNode.Edge.Page;

/// <summary>A service that answers at the Edge, in a sentence.</summary>
internal sealed record NodeService(string Id, string Name, string Nb, string En)
{
    public static readonly IReadOnlyList<NodeService> All =
    [
        new("catalogue", "Catalogue", "Beskrivelser av kildene og variablene deres.", "Descriptions of the sources and their variables."),
        new("permit", "Permit", "Søknader, saker, vedtak og signerte tillatelser.", "Applications, cases, decisions and signed permits."),
        new(
            "speregistry",
            "SpeRegistry",
            "Sikre behandlingsmiljøer og godkjenningene deres.",
            "Secure processing environments and their approvals."
        ),
        new("gateway", "Gateway", "Bestillinger til dataholderne, opplasting og levering.", "Orders to data holders, upload and delivery."),
        new("pseudonymisation", "Pseudonymisation", "Token i stedet for fødselsnummer.", "Tokens in place of identity numbers."),
        new("audit", "Audit", "Hendelsesloggen og kontrollen av den.", "The audit log and its verification."),
    ];
}
