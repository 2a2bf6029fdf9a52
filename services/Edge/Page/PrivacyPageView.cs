namespace HealthDataNode.Edge.Page;

/// <summary>
/// How it is kept private: <c>architecture-docs/who-may-know.md</c> and <c>threat-model.md</c> in short, for somebody who
/// has no reason to believe it yet. What is not prevented stands here too.
/// </summary>
internal sealed class PrivacyPageView(Language language) : PageView(language, Privacy)
{
    protected override string Title => Say("Slik holdes det privat", "How it is kept private");

    protected override string Description =>
        Say(
            "Ingen enkelt part i noden kan knytte en person til opplysninger om personen. Her står hvem som ser hva, hva de kunne finne ut sammen, og hvordan det kan kontrolleres.",
            "No single party in the node can connect a person with what is known about them. Here is who sees what, what they could find out together, and how it can be checked."
        );

    protected override Html Main() =>
        $"""
            <div class="intro"><div class="wrap">
            <h1 class="ds-heading" data-size="xl">{Title}</h1>
            <p class="ds-paragraph" data-size="lg">{Description}</p>
            </div></div>
            <div class="wrap">
            {Idea()}
            {Knowing()}
            {Parties()}
            {NotPrevented()}
            {End()}
            {Citizens()}
            {Checking()}
            </div>
            """;

    private Html Idea() =>
        Section(
            "idea",
            Say("Ideen i fire steg", "The idea in four steps"),
            Say(
                "Nummeret og radene går hver sin vei og møtes aldri i noden.",
                "The number and the rows go separate ways and never meet in the node."
            ),
            $"""
            <ol class="idea">
            {Item(
                Say("Dataholderen bytter numrene", "The holder exchanges the numbers"),
                Say(
                    "Fødselsnumrene går forseglet til Pseudonymisation, som svarer med ett tegn per person, gyldig bare for denne bestillingen. Personer som har reservert seg, holdes igjen her.",
                    "Identity numbers go sealed to Pseudonymisation, which answers with one token per person, good for this order alone. People who opted out are withheld here."
                )
            )}
            {Item(
                Say("Radene går uten nummer", "The rows travel without a number"),
                Say(
                    "Dataholderen setter tegnene der numrene sto, sorterer radene etter dem, krypterer og sender dem til Gateway. Det Gateway har på disk, er alltid kryptert.",
                    "The holder puts the tokens where the numbers stood, sorts the rows by them, encrypts and sends them to Gateway. What Gateway has on disk is always encrypted."
                )
            )}
            {Item(
                Say("Gateway ser rader, aldri personer", "Gateway sees rows, never persons"),
                Say(
                    "Hver rad kontrolleres mot tillatelsen, og tegnet byttes hos Pseudonymisation mot et pseudonym som bare mottakeren kan løse opp. Tegnene i to bestillinger kan ikke knyttes sammen.",
                    "Each row is checked against the permit, and Pseudonymisation exchanges its token for a pseudonym that only the recipient can undo. Tokens of two orders cannot be connected."
                )
            )}
            {Item(
                Say("Rommet kobler, og slipper bare ut resultater", "The room links, and lets only results out"),
                Say(
                    "I det sikre behandlingsmiljøet har en person samme pseudonym i alle kildene i én tillatelse, og et helt annet i den neste. Ut går bare det to kontrollører har sett og godkjent.",
                    "In the secure processing environment a person has the same pseudonym in all sources of one permit, and an unrelated one in the next. Only what two checkers have read and approved goes out."
                )
            )}
            </ol>
            """
        );

    private static Html Item(string name, string text) => $"<li><strong>{name}</strong><p>{text}</p></li>";

    private Html Knowing() =>
        Section(
            "who-may-know",
            Say("Hvem som ser hva", "Who sees what"),
            Say(
                "«Forseglet» er kryptert slik at den som bærer det, ikke kan lese det. «I minnet» blir aldri lagret.",
                "“Sealed” is encrypted so that who carries it cannot read it. “In memory” is never stored."
            ),
            Table(
                "who-may-know",
                [
                    Say("Part", "Party"),
                    Say("Fødselsnummer", "Identity number"),
                    Say("Persontegn", "Person token"),
                    Say("Pseudonym", "Pseudonym"),
                    Say("Radenes innhold", "Content of rows"),
                ],
                [
                    Who(Say("Dataholderen", "The data holder"), Own, Own, Never, Own),
                    Who(Say("Edge, nodens dør", "The Edge, the node's door"), Sealed, Sealed, Sealed, Sealed),
                    Who(
                        "Pseudonymisation",
                        Say(
                            "i minnet; lagret bare under en nøkkel utenfor databasen",
                            "in memory; stored only under a key outside the database"
                        ),
                        Memory,
                        Memory,
                        Never
                    ),
                    Who("Gateway", Never, Memory, Say("i minnet, bare for én levering", "in memory, for one delivery alone"), Memory),
                    Who("Permit, Catalogue, SpeRegistry, Audit", Never, Never, Never, Never),
                    Who(Say("Databaser, meldingskø, logger", "Databases, broker, logs"), Never, Never, Never, Never),
                    Who(
                        Say("Det sikre behandlingsmiljøet", "The secure processing environment"),
                        Never,
                        Never,
                        Say("tillatelsens egne", "the permit's own"),
                        Say("det tillatelsen nevner", "what the permit names")
                    ),
                    Who(
                        Say("Forskeren", "The researcher"),
                        Never,
                        Never,
                        Say("inne i rommet", "inside the room"),
                        Say("inne i rommet", "inside the room")
                    ),
                    Who(
                        Say("Kontrolløren av resultater", "The output checker"),
                        Never,
                        Never,
                        Never,
                        Say("bare resultatet", "the result alone")
                    ),
                    Who(
                        Say("Alle andre, denne siden", "Everybody else, this page"),
                        Never,
                        Never,
                        Never,
                        Say("avrundede antall", "rounded counts")
                    ),
                ]
            )
        );

    private string Own => Say("sine egne", "its own");
    private string Sealed => Say("forseglet", "sealed");
    private string Memory => Say("i minnet", "in memory");
    private string Never => Say("aldri", "never");

    private Html Who(string party, params string[] what) =>
        $"""<th scope="row">{party}</th>{what.Select(one => Html.Of($"""<td class="{(one == Never ? "never" : "sees")}">{one}</td>"""))}""";

    private Html Parties() =>
        Section(
            "parties",
            Say("Hva hver part kan og ikke kan finne ut", "What each party can and cannot find out"),
            Say(
                "Alle har egne nøkler, egen database og egen driftsansvarlig; det er derfor de er flere.",
                "All have keys, databases and operators of their own; that is why there are several."
            ),
            Table(
                "parties",
                [Say("Part", "Party"), Say("Kan", "Can"), Say("Kan ikke", "Cannot"), Say("Sammen med andre", "Together with others")],
                [
                    Can(
                        Say("Dataholderen", "The data holder"),
                        Say(
                            "vite hvem som var i uttrekket sitt, og at noen ble holdt igjen",
                            "know who was in its extract, and that somebody was withheld"
                        ),
                        Say(
                            "vite hvorfor noen ble holdt igjen, hvem som har fått nytt nummer, eller hva andre registre har",
                            "know why somebody was withheld, who has a new number, or what other registers hold"
                        ),
                        Say("med miljøet: kjenne igjen rader på innholdet", "with the environment: match rows by their content")
                    ),
                    Can(
                        "Edge",
                        Say("se hvem som kaller, når og hvor mye", "see who calls, when and how much"),
                        Say("lese numre eller rader, eller sende data som en dataholder", "read numbers or rows, or send data as a holder"),
                        Say("med innloggingen: opptre som den som logger inn", "with the sign-in: act for whoever signs in")
                    ),
                    Can(
                        "Pseudonymisation",
                        Say(
                            "vite at en person er i et register, og hvem som har reservert seg",
                            "know that a person is in a register, and who opted out"
                        ),
                        Say("se en eneste rad", "see a single row"),
                        Say("med Gateway eller miljøet: løse opp pseudonymer", "with Gateway or the environment: undo pseudonyms")
                    ),
                    Can(
                        "Gateway",
                        Say("lese radene mens de kontrolleres", "read the rows while they are checked"),
                        Say(
                            "vite hvem en rad gjelder, eller knytte to kilder sammen med en nøkkel",
                            "know whom a row is about, or connect two sources by a key"
                        ),
                        Say(
                            "med miljøet: knytte en levering til bestillingens tegn",
                            "with the environment: connect a delivery with the order's tokens"
                        )
                    ),
                    Can(
                        "Permit",
                        Say("si hva som er tillatt", "say what is permitted"),
                        Say("se en person, et pseudonym eller en rad", "see a person, a pseudonym or a row"),
                        Say(
                            "med nodens rotnøkkel: slippe inn et falskt miljø; rotnøkkelen holdes utenfor nettet",
                            "with the node's root key: admit a false environment; the root key is kept offline"
                        )
                    ),
                    Can(
                        Say("Det sikre behandlingsmiljøet", "The secure processing environment"),
                        Say("koble radene i én tillatelse", "link the rows of one permit"),
                        Say(
                            "vite hvem pseudonymene er, eller koble med en annen tillatelse",
                            "know who the pseudonyms are, or link with another permit"
                        ),
                        Say(
                            "det kan lyve om at det har slettet; det har signert på det",
                            "it can lie about having deleted; it has signed that"
                        )
                    ),
                    Can(
                        Say("Forskeren", "The researcher"),
                        Say("regne på det tillatelsen nevner", "compute on what the permit names"),
                        Say("ta ut en fil uten to kontrollørers godkjenning", "take out a file without two checkers' approval"),
                        Say("det som leses på skjermen, kan skrives på papir", "what is read on a screen can be written on paper")
                    ),
                ]
            )
        );

    private static Html Can(string party, string can, string cannot, string together) =>
        $"""<th scope="row">{party}</th><td class="long">{can}</td><td class="long">{cannot}</td><td class="long">{together}</td>""";

    private Html NotPrevented() =>
        Section(
            "not-prevented",
            Say("Det som ikke er hindret", "What is not prevented"),
            Say(
                "Kryptografi løser ikke dette. Det er kjent, skrevet ned og, der det går an, fulgt med på.",
                "Cryptography does not solve this. It is known, written down and, where it can be, watched."
            ),
            $"""
            <ul class="plain">
            <li>{Say(
                "To parter som går sammen, kan finne ut mer enn hver for seg: se tabellen over.",
                "Two parties who act together can find out more than each alone: see the table above."
            )}</li>
            <li>{Say(
                "En forsker som vil, kan gjemme data i tall som ligner resultater; derfor leser to mennesker hver fil.",
                "A determined insider can hide data in numbers that look like results; hence two people read every file."
            )}</li>
            <li>{Say(
                "To resultater kan til sammen røpe en liten gruppe; de blir ikke sammenlignet med hverandre ennå.",
                "Two results can together reveal a small group; they are not compared with each other yet."
            )}</li>
            <li>{Say(
                "Makulering av nøkkelen ender pseudonymene, ikke det dataholderen vet om sitt eget uttrekk.",
                "Shredding the key ends the pseudonyms, not what the holder knows of its own extract."
            )}</li>
            <li>{Say(
                "Kjører alt på én maskin, slik denne referansen starter, er ingenting skilt fra den som eier maskinen.",
                "Where everything runs on one machine, as this reference starts, nothing is kept apart from the machine's owner."
            )}</li>
            </ul>
            """
        );

    private Html End() =>
        Section(
            "end",
            Say("En slutt som er en slutt", "An end that is an end"),
            Say(
                "Rom og overføringer holdes åpne av et signert svar som varer i tre sekunder. Uteblir det, stanser de; er svaret «trukket tilbake», er det slutt. Da sletter Gateway delene sine, miljøet sletter og signerer, og til slutt slettes tillatelsens nøkkel overalt den ligger. En sikkerhetskopi av databasene inneholder ingen nøkkel.",
                "Rooms and transfers are held open by a signed answer that lasts three seconds. Without it they pause; when it says revoked, it is over. Then Gateway deletes its parts, the environment deletes and signs that, and at last the permit's key is deleted wherever it lies. A backup of the databases holds no key."
            ),
            $"""<p class="ds-paragraph"><a class="ds-link" href="{To(Front)}#ended">{Say("De som er trukket tilbake og slettet", "Those that were revoked and deleted")}</a></p>"""
        );

    private Html Citizens() =>
        Section(
            "opt-out",
            Say("Du kan si nei", "You can say no"),
            Say(
                "Den som er innlogget som innbygger, kan reservere seg mot at opplysningene brukes slik, og ombestemme seg (EHDS artikkel 71). Nettleseren sender ikke noe fødselsnummer; det ligger forseglet i innloggingen, og bare Pseudonymisation kan åpne det. Listen slik den var da vedtaket ble fattet, gjelder, og tillatelsen nevner den.",
                "Who is signed in as a citizen can opt out of this use, and change their mind (EHDS Article 71). The browser sends no identity number; it is sealed in the sign-in, and only Pseudonymisation can open it. The list as it was at the decision counts, and the permit names it."
            ),
            Html.Nothing
        );

    private Html Checking() =>
        Section(
            "check",
            Say("Kontroller selv", "Check it yourself"),
            Say(
                "Koden er åpen, og hele noden kan startes på en bærbar maskin. Da kan hvem som helst lete etter lekkasjer.",
                "The code is open, and the whole node starts on a laptop. Anybody can then look for leaks."
            ),
            $"""
            <dl class="facts">
            <dt><code>./check leaks</code></dt><dd>{Say(
                "leter etter hvert fødselsnummer, tegn og pseudonym i databaser, filer, logger og meldingskø, i alle skrivemåter",
                "searches databases, files, logs and the broker for every identity number, token and pseudonym, however it is written"
            )}</dd>
            <dt><code>./check ledger</code></dt><dd>{Say(
                "regner ut på nytt at hver rad kom fram én gang, og til rett person",
                "computes again that every row arrived once, and for the right person"
            )}</dd>
            <dt><code>./check audit</code></dt><dd>{Say(
                "går gjennom hashkjeden fra første hendelse",
                "walks the hash chain from the first entry"
            )}</dd>
            </dl>
            <p class="ds-paragraph"><a class="ds-link" href="{To(Front)}#audit">{Say("Hodet av hendelsesloggen nå", "The head of the audit log now")}</a></p>
            """
        );
}
