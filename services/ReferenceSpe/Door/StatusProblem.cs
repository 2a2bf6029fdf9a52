using HealthDataNode.Protocol.Problems;

namespace HealthDataNode.ReferenceSpe.Door;

/// <summary>What the framework itself refuses (routing, binding, sign-in) gets a type of ours and a next step.</summary>
internal static class StatusProblem
{
    public static Task WriteAsync(HttpContext context)
    {
        var status = context.Response.StatusCode;
        var (type, title, detail) = status switch
        {
            400 => ("invalid-request", "The request could not be read", "Compare the body and parameters with /openapi/v1.json."),
            401 => ("unauthenticated", "Not signed in", "Open /signin; a machine sends an access token for this environment."),
            403 => ("forbidden", "Not allowed", "Your role does not allow this call."),
            404 => ("not-found", "Not found", "There is no such thing, or it is not yours."),
            405 => ("method-not-allowed", "No such method here", "Use one of the methods in the Allow header."),
            413 => ("too-large", "Too large", "Send a smaller body."),
            415 => ("unsupported-media-type", "Another content type", "Send the content type that /openapi/v1.json names."),
            < 500 => ("invalid-request", "The request was refused", "Compare it with /openapi/v1.json."),
            _ => ("internal-error", "Something went wrong here", "Read again before you repeat: it may have been done."),
        };
        return ProtocolProblem.Of(ProblemTypes.Prefix + type, status, title, detail).ToResult().ExecuteAsync(context);
    }
}
