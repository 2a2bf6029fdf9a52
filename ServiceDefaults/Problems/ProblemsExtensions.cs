using Microsoft.AspNetCore.Routing;
using Npgsql;

namespace HealthDataNode.ServiceDefaults.Problems;

internal static class ProblemsExtensions
{
    private const string TypeItem = "problem-type";

    internal static void AddProblems(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<IProblemDetailsWriter, ProblemWriter>();
        builder.Services.AddProblemDetails(options => options.CustomizeProblemDetails = Complete);
        // In development too a body that cannot be read is the caller's fault, not an exception in our log.
        builder.Services.Configure<RouteHandlerOptions>(options => options.ThrowOnBadRequest = false);
    }

    /// <summary>The problem type that the response carries, for the audit entry.</summary>
    internal static string? ProblemType(this HttpContext context) => context.Items[TypeItem] as string;

    /// <summary>A database that is away is no fault of the service: 503, which callers repeat.</summary>
    internal static int StatusOf(Exception exception)
    {
        for (var cause = exception; cause is not null; cause = cause.InnerException)
        {
            if (cause is NpgsqlException { IsTransient: true })
            {
                return StatusCodes.Status503ServiceUnavailable;
            }
        }
        return StatusCodes.Status500InternalServerError;
    }

    private static void Complete(ProblemDetailsContext context)
    {
        var problem = context.ProblemDetails;
        var status = problem.Status ?? context.HttpContext.Response.StatusCode;
        if (problem.Type?.StartsWith(Problem.Base, StringComparison.Ordinal) != true)
        {
            // What the framework itself refuses (routing, binding, authorization) gets a type of ours and a next step.
            var (type, detail) = status switch
            {
                400 => ("invalid-request", "The body or a parameter could not be read. Compare it with /openapi/v1.json."),
                401 => ("unauthenticated", "Send an access token for this API that has not expired."),
                403 => ("forbidden", "Your role does not allow this call."),
                404 => ("not-found", "There is no such resource, or it is not yours."),
                405 => ("method-not-allowed", "Use one of the methods in the Allow header."),
                413 => ("too-large", "Send a smaller body."),
                415 => ("unsupported-media-type", "Send the content type that /openapi/v1.json names."),
                503 => (
                    "unavailable",
                    "The database does not answer now. Repeat the call, with the same Idempotency-Key where it has one."
                ),
                _ => (
                    "internal-error",
                    "Read again before you repeat: it is not known whether anything changed. If it stays, report the trace id."
                ),
            };
            problem.Type = Problem.Base + type;
            problem.Detail = detail;
        }
        context.HttpContext.Items[TypeItem] = problem.Type[Problem.Base.Length..];
    }
}
