using HealthDataNode.Edge.Features;

namespace HealthDataNode.Edge.Page.Front;

/// <summary>Where the APIs are described.</summary>
internal sealed class DevelopersPart(Language language, string? dashboard) : Pieces(language)
{
    public Html Draw() =>
        $"""
            <section aria-labelledby="developers">
            <h2 class="ds-heading" data-size="md" id="developers">{Say("For utviklere", "For developers")}</h2>
            <p class="ds-paragraph">{Say(
                "Hver tjeneste har en API-referanse og et OpenAPI-dokument.",
                "Each service has an API reference and an OpenAPI document."
            )} {(dashboard is null ? Html.Nothing : Dashboard(dashboard))}</p>
            {Table("developers", [Say("Tjeneste", "Service"), Say("Hva den gjør", "What it does"), Say("Referanse", "Reference"), "OpenAPI"], NodeService.All.Select(Service))}
            </section>
            """;

    private Html Dashboard(string address) =>
        $"""
            {Say(
                "Spor, målinger og logger:",
                "Traces, metrics and logs:"
            )} <a class="ds-link" rel="noreferrer" href="{address}">{address}</a>
            """;

    private Html Service(NodeService service) =>
        $"""
            <th scope="row">{service.Name}</th><td>{Say(service.Nb, service.En)}</td>
            <td class="short"><a class="ds-link" href="{ApiReference.Address(
                service.Id
            )}">API<span class="ds-sr-only"> {service.Name}</span></a></td>
            <td class="short"><a class="ds-link" href="{ApiReference.Document(
                service.Id
            )}">v1.json<span class="ds-sr-only"> {service.Name}</span></a></td>
            """;
}
