using System.Diagnostics;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Options;

namespace HealthDataNode.ServiceDefaults.Problems;

/// <summary>
/// Writes the framework's own refusals as problems whatever the caller's Accept says: who asked for CSV or a page is told
/// what to do as well (RFC 9110, 12.4.1 lets a server answer in another type than was asked for).
/// </summary>
internal sealed class ProblemWriter(IOptions<ProblemDetailsOptions> options) : IProblemDetailsWriter
{
    public bool CanWrite(ProblemDetailsContext context) => true;

    public async ValueTask WriteAsync(ProblemDetailsContext context)
    {
        var http = context.HttpContext;
        context.ProblemDetails.Status ??= http.Response.StatusCode;
        context.ProblemDetails.Title ??= ReasonPhrases.GetReasonPhrase(context.ProblemDetails.Status.Value);
        context.ProblemDetails.Extensions["traceId"] = Activity.Current?.Id ?? http.TraceIdentifier;
        options.Value.CustomizeProblemDetails?.Invoke(context);
        await http.Response.WriteAsJsonAsync(
            context.ProblemDetails,
            context.ProblemDetails.GetType(), // with the errors of a validation problem
            options: null,
            "application/problem+json" // no token: a caller who has gone is then no exception of ours
        );
    }
}
