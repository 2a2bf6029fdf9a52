using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace HealthDataNode.ServiceDefaults.Problems;

/// <summary>RFC 9457 problem details: a stable type, what is wrong, where, and what to do. Never a value that was sent.</summary>
public static class Problem
{
    /// <summary>Every problem type of the node begins so.</summary>
    public const string Base = "https://healthdatanode.example/problems/";

    /// <summary>A problem of a stable type (kebab-case), with what to do in <paramref name="detail"/>.</summary>
    public static ProblemHttpResult Of(int status, string type, string title, string detail) =>
        TypedResults.Problem(
            new ProblemDetails
            {
                Status = status,
                Type = Base + type,
                Title = title,
                Detail = detail,
            }
        );

    /// <summary>400 with the fields that are wrong and why.</summary>
    public static ProblemHttpResult Invalid(IDictionary<string, string[]> errors, string type = "invalid-request") =>
        TypedResults.Problem(
            new HttpValidationProblemDetails(errors)
            {
                Status = StatusCodes.Status400BadRequest,
                Type = Base + type,
                Title = "The request is not valid",
                Detail = "Correct the fields named in 'errors' and send the request again.",
            }
        );

    /// <summary>404, also for what is not the caller's: nobody learns what exists.</summary>
    public static ProblemHttpResult NotFound(string what) =>
        Of(StatusCodes.Status404NotFound, "not-found", $"No such {what}", $"There is no such {what}, or it is not yours.");

    /// <summary>409.</summary>
    public static ProblemHttpResult Conflict(string type, string title, string detail) =>
        Of(StatusCodes.Status409Conflict, type, title, detail);

    /// <summary>403: known caller, but not allowed this.</summary>
    public static ProblemHttpResult Forbidden(string type, string title, string detail) =>
        Of(StatusCodes.Status403Forbidden, type, title, detail);
}
