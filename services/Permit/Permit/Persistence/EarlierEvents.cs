using System.Text.Json.Nodes;

namespace HealthDataNode.Permit.Persistence;

/// <summary>
/// Events as they were written while one authority decided on everything: an application had one case, which its events did
/// not name, all its sources were that case's, and nothing else had to be approved. What was stored is never changed; what
/// it lacks is added as it is read.
/// </summary>
internal sealed class EarlierEvents
{
    private string[] sources = [];
    private string? handled;

    /// <summary>An event of an application's history with all that an event of its kind has now.</summary>
    public JsonObject Complete(string type, JsonObject payload)
    {
        switch (type)
        {
            case "application-submitted":
                payload.TryAdd("approvals", new JsonArray());
                sources = Names(payload);
                break;
            case "case-opened":
                handled = (string)payload["case"]!;
                payload.TryAdd(
                    "sources",
                    new JsonArray([
                        .. sources.Select(source => new JsonObject
                        {
                            ["source"] = source,
                            ["legalBasis"] = "EHDS 57(1)(a)",
                            ["approvals"] = new JsonArray(),
                        }),
                    ])
                );
                break;
            case "information-given" when payload["sources"] is not null:
                sources = Names(payload);
                payload.TryAdd("case", handled);
                break;
            // The rules had no version then: they were the first ones.
            case "fee-estimated":
                payload.TryAdd("rules", "2026-1");
                break;
            case "permit-issued":
                payload["permit"]!.AsObject().TryAdd("sources", new JsonArray([.. sources.Select(source => JsonValue.Create(source))]));
                break;
            case "information-requested"
            or "information-given"
            or "clock-extended"
            or "case-prepared"
            or "case-decided"
            or "decision-published":
                payload.TryAdd("case", handled);
                break;
        }
        return payload;
    }

    private static string[] Names(JsonObject payload) => [.. payload["sources"]!.AsArray().Select(source => (string)source!["source"]!)];
}
