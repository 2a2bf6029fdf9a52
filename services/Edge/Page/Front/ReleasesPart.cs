namespace HealthDataNode.Edge.Page.Front;

/// <summary>What left a room.</summary>
internal sealed class ReleasesPart(Language language, Facts facts) : Part(language, facts)
{
    public override Html Draw() =>
        Section(
            "releases",
            Say("Resultater sluppet ut av rom", "Results released from rooms"),
            Say(
                "Ingenting forlater et rom uten automatisk kontroll av hver fil og to kontrollører som ikke kjenner hverandres stemme, og aldri er den som ba om det (EHDS artikkel 73). Innholdet har noden aldri.",
                "Nothing leaves a room without automatic checks of every file and two checkers who do not know each other's vote and are never the one who asked (EHDS Article 73). The node never has the content."
            ),
            Listed(
                "releases",
                Facts.Releases,
                [
                    Say("Tid", "Time"),
                    Say("Tillatelse", "Permit"),
                    Say("Filer", "Files"),
                    Say("#Kontroller", "#Checks"),
                    Say("Stemmer", "Votes"),
                    Say("Avtrykk av filene", "Digest of the files"),
                ],
                release =>
                    $"""
                        {Cell(release.ReleasedAt)}
                        <th scope="row">{Linked(release.Lineage)}</th>
                        <td>{release.Files.Select(File)}</td>
                        {Number(release.Rules.Count)}
                        <td>{Names.Votes(Language, release)}</td>
                        <td class="hash long">{release.Digest}</td>
                        """,
                Most,
                "/permit/v1/releases"
            )
        );

    private Html File(ReleasedFile file) =>
        $"""{file.Type.ToUpperInvariant()}<small>{Language.Number(file.Length)} {Say("byte", "bytes")}</small>""";
}
