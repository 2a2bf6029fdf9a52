using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Problems;
using HealthDataNode.ReferenceSpe.Rooms;

namespace HealthDataNode.ReferenceSpe.Airlock.Door;

/// <summary>
/// <c>POST /v1/outputs/{id}/votes</c>: one of two votes, over the digest of the files as the person saw them. The same
/// vote again is the same vote.
/// </summary>
internal static class VoteOnOutput
{
    private const int LongestReasons = 4000;

    /// <summary>A vote.</summary>
    /// <param name="Digest">The digest that was shown.</param>
    /// <param name="Vote">approve or reject.</param>
    /// <param name="Reasons">Why.</param>
    internal sealed record Request(string Digest, string Vote, string Reasons);

    public static void Map(IEndpointRouteBuilder outputs) =>
        outputs
            .MapPost("/{id}/votes", Handle)
            .WithSummary("Vote on an output request")
            .Produces(StatusCodes.Status204NoContent)
            .ProducesProblem(StatusCodes.Status400BadRequest)
            .ProducesProblem(StatusCodes.Status401Unauthorized)
            .ProducesProblem(StatusCodes.Status403Forbidden)
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status409Conflict);

    private static IResult Handle(string id, Request request, HttpContext context, Outputs outputs, RoomLeases leases)
    {
        if (
            request.Vote is not (ReleaseVote.Approve or ReleaseVote.Reject)
            || string.IsNullOrWhiteSpace(request.Reasons)
            || request.Reasons.Length > LongestReasons
        )
        {
            return (
                ProtocolProblem.Of(ProblemTypes.Invalid, StatusCodes.Status400BadRequest, "The vote was not taken", "See errors.") with
                {
                    Errors = new Dictionary<string, string[]>
                    {
                        ["vote"] = [$"Send approve or reject, with reasons of at most {LongestReasons} characters."],
                    },
                }
            ).ToResult();
        }

        if (outputs.Find(id) is not { } output || !leases.IsOpen(output.Lineage))
        {
            return ReadOpenOutput.NotFound();
        }

        return outputs.Vote(id, context.User.FindFirst("sub")!.Value, request.Digest, request.Vote, request.Reasons) switch
        {
            VoteOutcome.Taken => TypedResults.NoContent(),
            VoteOutcome.Conflict => Problem(
                ProblemTypes.Forbidden,
                StatusCodes.Status403Forbidden,
                "You have a part in this permit",
                "Whoever asked, or is named in the permit, does not judge what leaves. Leave it to another output checker."
            ),
            VoteOutcome.OtherDigest => Problem(
                ProblemTypes.Stale,
                StatusCodes.Status409Conflict,
                "The vote is over other files",
                "Read the request again, look at its files, and vote over its digest."
            ),
            VoteOutcome.Changed => Problem(
                ProblemTypes.Prefix + "output-changed",
                StatusCodes.Status409Conflict,
                "The files were changed after they were checked",
                "Nothing was released. The requester asks anew."
            ),
            VoteOutcome.GivenBefore => Problem(
                ProblemTypes.Prefix + "vote-given",
                StatusCodes.Status409Conflict,
                "You have voted on this",
                "A vote stands. Tell the requester to ask anew if it was wrong."
            ),
            _ => Problem(
                ProblemTypes.Prefix + "output-closed",
                StatusCodes.Status409Conflict,
                "This request waits for no vote",
                "It is decided already, or not checked yet. Read GET /v1/outputs again."
            ),
        };
    }

    private static IResult Problem(string type, int status, string title, string detail) =>
        ProtocolProblem.Of(type, status, title, detail).ToResult();
}
