namespace HealthDataNode.Edge.Page.Front;

/// <summary>What the registers hold.</summary>
internal sealed class SourcesPart(Language language, Facts facts) : Part(language, facts)
{
    public override Html Draw() =>
        Section(
            "sources",
            Say("Datakilder", "Data sources"),
            Say(
                "Hva registrene har, beskrevet av dem selv etter HealthDCAT-AP utgave 8.",
                "What the registers hold, described by themselves in HealthDCAT-AP Release 8."
            ),
            Listed(
                "sources",
                Facts.Sources,
                [
                    Say("Kilde", "Source"),
                    Say("Dataholder", "Data holder"),
                    Say("#Rader", "#Records"),
                    Say("#Personer", "#Persons"),
                    Say("#Variabler", "#Variables"),
                    Say("Beskrivelse", "Description"),
                ],
                source =>
                    $"""
                        <th scope="row">{Language.Say(source.Title)}<small>{source.Source}, {Say(
                            "versjon",
                            "version"
                        )} {source.Version}</small></th>
                        <td>{source.HolderName}</td>
                        {Number(source.NumberOfRecords)}{Number(source.NumberOfUniqueIndividuals)}{Number(source.Variables)}
                        <td class="short"><a class="ds-link" href="/catalogue/v1/descriptions/{Uri.EscapeDataString(
                            source.Source
                        )}/turtle">Turtle<span class="ds-sr-only">: {Language.Say(source.Title)}</span></a></td>
                        """,
                Most,
                "/catalogue/v1/descriptions"
            )
        );
}
