namespace HealthDataNode.Edge.Page;

/// <summary>Our own drawing of the node: who is outside, what stands at the Edge, which services are behind it.</summary>
internal static class Picture
{
    public static Html Draw(Language language) =>
        $"""
            <svg class="picture" viewBox="0 0 960 424" role="img" aria-labelledby="picture-title picture-text">
            <title id="picture-title">{language.Say("Tjenestene i noden", "The services of the node")}</title>
            <desc id="picture-text">{Description(language)}</desc>
            <rect class="node" x="10" y="112" width="690" height="304" rx="12"/>
            {Outside(language)}
            <rect class="edge" x="30" y="138" width="650" height="48" rx="8"/>
            <text class="name on-edge" x="355" y="159">Edge</text>
            <text class="on-edge" x="355" y="176">{language.Say(
                "HTTPS, innlogging, ruter: nodens eneste dør utad",
                "HTTPS, sign-in, routes: the node's only way in"
            )}</text>
            {Box(30, 210, "Catalogue", language.Say("kilder og variabler", "sources and variables"))}
            {Box(255, 210, "SpeRegistry", language.Say("godkjente miljøer", "approved environments"))}
            {Box(480, 210, "Permit", language.Say("fra søknad til tillatelse", "application to permit"))}
            {Box(30, 284, "Audit", language.Say("hendelser i en hashkjede", "events in a hash chain"))}
            {Box(255, 284, "Pseudonymisation", language.Say("ser identiteter, aldri rader", "sees identities, never rows"))}
            {Box(480, 284, "Gateway", language.Say("ser rader, aldri identiteter", "sees rows, never identities"))}
            {Store(30, "RabbitMQ", language.Say("hendelser mellom tjenestene", "events between the services"))}
            {Store(368, "PostgreSQL", language.Say("en database per tjeneste", "a database for each service"))}
            {Arrow("M130 186V204")}{Arrow("M355 186V204")}{Arrow("M580 186V204")}
            {Arrow("M480 311H461")}
            {Arrow("M680 311H754")}
            <text x="729" y="302">{language.Say("forseglet", "sealed")}</text>
            </svg>
            """;

    private static string Description(Language language) =>
        language.Say(
            "Dataholdere, folkeregisteret, identitetsleverandøren og mennesker møter noden ved Edge. Bak Edge står Catalogue, SpeRegistry, Permit, Audit, Pseudonymisation og Gateway, med RabbitMQ for hendelser og en PostgreSQL-database til hver. Gateway sender forseglede rader til det sikre behandlingsmiljøet, der den som har tillatelse, går inn, og der bare godkjente resultater slipper ut. Miljøet spør ved Edge om hvem som slipper inn, og sender kvitteringer og bevis for sletting dit.",
            "Data holders, the population register, the identity provider and people meet the node at the Edge. Behind it stand Catalogue, SpeRegistry, Permit, Audit, Pseudonymisation and Gateway, with RabbitMQ for events and a PostgreSQL database each. Gateway sends sealed rows to the secure processing environment, which the person with a permit enters, and which only approved results leave. At the Edge the environment asks who may enter, and there it sends receipts and proofs of deletion."
        );

    private static Html Outside(Language language) =>
        $"""
            {Party(30, language.Say("Dataholdere", "Data holders"), language.Say("registre med egne nøkler", "with keys of their own"))}
            {Party(
                196,
                language.Say("Folkeregister", "Population register"),
                language.Say("nye numre, dødsfall", "new numbers, deaths")
            )}
            {Party(362, language.Say("Innlogging", "Identity provider"), "OpenID Connect")}
            {Party(528, language.Say("Mennesker", "People"), language.Say("søker og avgjør", "apply and decide"))}
            <rect class="outside" x="760" y="210" width="190" height="128" rx="8"/>
            <text class="name" x="855" y="240">{language.Say("Sikkert", "Secure processing")}</text>
            <text class="name" x="855" y="260">{language.Say("behandlingsmiljø", "environment")}</text>
            <text x="855" y="288">{language.Say("radene sammenstilles her;", "rows are linked in here;")}</text>
            <text x="855" y="305">{language.Say("resultater ut gjennom slusen", "results leave by the airlock")}</text>
            {Arrow("M106 74V132")}{Arrow("M272 74V132")}{Arrow("M438 132V80")}{Arrow("M604 74V132")}
            {Arrow("M680 47H855V204")}{Arrow("M760 228H720V162H686")}
            <text x="770" y="38">{language.Say("går inn med tillatelse", "enters with a permit")}</text>
            <text class="start" x="116" y="98">{language.Say("forseglede rader", "sealed rows")}</text>
            <text class="start" x="282" y="98">{language.Say("forseglede endringer", "sealed changes")}</text>
            <text class="start" x="728" y="178">{language.Say("spør om adgang,", "asks who may enter,")}</text>
            <text class="start" x="728" y="194">{language.Say("beviser sletting", "proves deletion")}</text>
            """;

    private static Html Party(int x, string name, string note) => Rectangle("outside", x, 20, 152, 54, name, note);

    private static Html Box(int x, int y, string name, string note) => Rectangle("box", x, y, 200, 54, name, note);

    private static Html Store(int x, string name, string note) => Rectangle("store", x, 356, 312, 46, name, note);

    private static Html Rectangle(string kind, int x, int y, int width, int height, string name, string note) =>
        $"""
            <rect class="{kind}" x="{x}" y="{y}" width="{width}" height="{height}" rx="8"/>
            <text class="name" x="{x + (width / 2)}" y="{y + (height / 2) - 4}">{name}</text>
            <text x="{x + (width / 2)}" y="{y + (height / 2) + 14}">{note}</text>
            """;

    // The tip is drawn where the path ends, turned the way its last stroke goes.
    private static Html Arrow(string path)
    {
        var points = path[1..].Replace("V", " V").Replace("H", " H").Split(' ');
        var (x, y) = (int.Parse(points[0]), int.Parse(points[1]));
        var turn = 0;
        foreach (var stroke in points[2..])
        {
            var to = int.Parse(stroke[1..]);
            turn = stroke[0] is 'H' ? (to > x ? 0 : 180) : (to > y ? 90 : 270);
            (x, y) = stroke[0] is 'H' ? (to, y) : (x, to);
        }

        return $"""
            <path class="line" d="{path}"/><path class="tip" d="M-5-5L6 0L-5 5Z" transform="translate({x} {y}) rotate({turn})"/>
            """;
    }
}
