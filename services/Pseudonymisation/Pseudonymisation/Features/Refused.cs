using HealthDataNode.Protocol;
using HealthDataNode.Protocol.Problems;

namespace HealthDataNode.Pseudonymisation.Features;

/// <summary>The problems that the use cases of this service share.</summary>
internal static class Refused
{
    public static IResult NoSuchOrder() =>
        Problem(ProblemTypes.NotFound, 404, "No such order", "There is no such order, or it is not yours.");

    public static IResult OrderClosed() =>
        Problem(ProblemTypes.OrderClosed, 409, "The order is closed", "Nothing more is answered for it; wait for the next order.");

    public static IResult NotClosed() =>
        Problem(
            ProblemTypes.NotClosed,
            409,
            "The holder is not done",
            "Nothing is re-keyed before the holder's closing document, and nothing delivered before the delivery key."
        );

    public static IResult AgreementFailed() =>
        Problem(
            ProblemTypes.Prefix + "agreement-failed",
            409,
            "Tokens issued and re-keyed differ",
            "The holder asked for tokens of persons whose rows did not come. Reject the order; the audit log has the alarm."
        );

    public static IResult NotInForce() =>
        Problem(
            ProblemTypes.PermitNotInForce,
            409,
            "The permit is not in force",
            "It was revoked or has ended. Stop, and delete what you have of this order."
        );

    public static IResult StateUnknown() =>
        Problem(
            ProblemTypes.PermitStateUnknown,
            503,
            "Permit does not answer",
            "Whether the permit is in force cannot be known now. Send the same request again in a few seconds."
        );

    public static IResult NotApproved() =>
        Problem(
            ProblemTypes.EnvironmentNotApproved,
            503,
            "The SPE is not approved now",
            "SpeRegistry does not say that the permit's environment is approved. Send the same request again in a few seconds."
        );

    public static IResult PartConflict(string what) =>
        Problem(
            ProblemTypes.PartConflict,
            409,
            $"This {what} was sent before with other content",
            $"Send the very same bytes again, or the next {what}."
        );

    public static IResult Order(string detail) => Problem(ProblemTypes.NotAscending, 409, "Out of order", detail);

    public static IResult Records(ProtocolException exception)
    {
        var type = exception.Code is "record-out-of-order" or "record-repeated" ? ProblemTypes.NotAscending : ProblemTypes.RecordsMalformed;
        return Problem(type, 422, "The records are not as the protocol says", exception.Message, exception.Position);
    }

    public static IResult Problem(string type, int status, string title, string detail, long? record = null)
    {
        var problem = ProtocolProblem.Of(type, status, title, detail);
        return record is null
            ? problem.ToResult()
            : (
                problem with
                {
                    Extensions = new Dictionary<string, System.Text.Json.JsonElement>
                    {
                        ["record"] = System.Text.Json.JsonSerializer.SerializeToElement(record.Value),
                    },
                }
            ).ToResult();
    }
}
