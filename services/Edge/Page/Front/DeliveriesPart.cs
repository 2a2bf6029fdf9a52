namespace HealthDataNode.Edge.Page.Front;

/// <summary>What was ordered and delivered.</summary>
internal sealed class DeliveriesPart(Language language, Facts facts) : Part(language, facts)
{
    public override Html Draw() =>
        Section(
            "deliveries",
            Say("Leveringer", "Deliveries"),
            Say(
                "Pseudonymiserte rader på vei til et sikkert behandlingsmiljø. Antallene er rundet ned; er personene for få, vises ingen antall.",
                "Pseudonymised rows on their way to a secure processing environment. Counts are rounded down; where there are too few persons, no count is shown."
            ),
            Listed(
                "deliveries",
                Facts.Orders,
                [
                    Say("Kilde", "Source"),
                    Say("Tillatelse", "Permit"),
                    Say("Bestilt", "Ordered"),
                    Say("Mottatt", "Received"),
                    Say("Levert eller stanset", "Delivered or stopped"),
                    Say("#Rader", "#Rows"),
                    Say("#Personer", "#Persons"),
                ],
                order =>
                    $"""
                        <th scope="row">{order.Source}<small>{Say("til", "to")} {order.Spe}</small></th>
                        <td class="project">{Linked(order.Lineage)}</td>
                        {Cell(order.IssuedAt)}{Cell(order.ReceivedAt)}
                        <td class="when">{(
                            order.RejectedAt is null
                                ? Html.Nothing
                                : Tag("danger", order.Revoked ? Say("Stanset", "Stopped") : Say("Avvist", "Refused"))
                        )} {((order.DeliveredAt ?? order.RejectedAt) is { } end ? Time(end) : Dash())}</td>
                        {(order.DeliveredAt is null ? Unknown() : Html.Of($"{Number(order.Rows)}{Number(order.Persons)}"))}
                        """,
                Most,
                "/gateway/v1/deliveries"
            )
        );

    private Html Unknown() => $"""<td class="number">{Dash()}</td><td class="number">{Dash()}</td>""";
}
