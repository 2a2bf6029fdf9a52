using System.Text.Json;
using System.Text.Json.Serialization;
using HealthDataNode.Protocol.Documents;
using Microsoft.AspNetCore.Http;

namespace HealthDataNode.Protocol.Problems;

/// <summary>An error as RFC 9457 has it, written by one party and acted on by another.</summary>
public sealed record ProtocolProblem
{
    /// <summary>The media type.</summary>
    public const string MediaType = "application/problem+json";

    private const int LongestRead = 64 * 1024;

    /// <summary>One of <see cref="ProblemTypes"/>; <c>about:blank</c> where the answer was no problem document.</summary>
    public string Type { get; init; } = "about:blank";

    /// <summary>What went wrong, the same for every problem of the type.</summary>
    public string? Title { get; init; }

    /// <summary>The HTTP status.</summary>
    public int Status { get; init; }

    /// <summary>What to do.</summary>
    public string? Detail { get; init; }

    /// <summary>Per field, what is wrong.</summary>
    public IReadOnlyDictionary<string, string[]>? Errors { get; init; }

    /// <summary>Other members, such as <c>refusal</c> or <c>expected-offset</c>.</summary>
    [JsonExtensionData]
    public IDictionary<string, JsonElement>? Extensions { get; set; }

    /// <summary>The refusal behind a document-refused or seal-refused; null with other types.</summary>
    [JsonIgnore] // Named apart from the member: an ignored property would swallow it.
    public Refusal? RefusedFor =>
        Extensions?.TryGetValue("refusal", out var name) == true
        && name.ValueKind == JsonValueKind.String
        && Enum.TryParse<Refusal>(name.GetString(), out var refusal)
            ? refusal
            : null;

    /// <summary>Whether the same request may succeed later: the server or the network was at fault, not the sender.</summary>
    [JsonIgnore]
    public bool IsTransient => Status is 408 or 425 or 502 or 503 or 504 or 500 || (Status == 429 && Type != ProblemTypes.BudgetExceeded);

    /// <summary>A problem.</summary>
    /// <param name="type">One of <see cref="ProblemTypes"/>.</param>
    /// <param name="status">The HTTP status.</param>
    /// <param name="title">What went wrong.</param>
    /// <param name="detail">What to do.</param>
    public static ProtocolProblem Of(string type, int status, string title, string? detail = null) =>
        new()
        {
            Type = type,
            Status = status,
            Title = title,
            Detail = detail,
        };

    /// <summary>The problem that a refused document or seal is answered with: 422, or 409 where the permit is
    /// outside its dates.</summary>
    /// <param name="refused">The refusal.</param>
    public static ProtocolProblem Of(DocumentRefusedException refused) =>
        new()
        {
            Type = ProblemTypes.Of(refused.Refusal),
            Status = refused.Refusal == Refusal.PermitNotInForce ? 409 : 422,
            Title = refused.IsSeal ? "The seal was refused." : "The document was refused.",
            Detail = refused.Message,
            Extensions = new Dictionary<string, JsonElement>
            {
                ["refusal"] = JsonSerializer.SerializeToElement(refused.Refusal.ToString(), ProtocolProblemJson.Default.String),
            },
        };

    /// <summary>Whether the problem is of a type.</summary>
    /// <param name="type">One of <see cref="ProblemTypes"/>.</param>
    public bool Is(string type) => Type == type;

    /// <summary>Reads the problem in an answer; an answer without one gives its status alone.</summary>
    /// <param name="response">An answer that is no success.</param>
    /// <param name="cancel">Stops reading.</param>
    public static async Task<ProtocolProblem> ReadAsync(HttpResponseMessage response, CancellationToken cancel = default)
    {
        var status = (int)response.StatusCode;
        var nothing = new ProtocolProblem { Status = status, Title = response.ReasonPhrase };
        if (response.Content.Headers.ContentType?.MediaType != MediaType || response.Content.Headers.ContentLength > LongestRead)
        {
            return nothing;
        }

        try
        {
            await using var stream = await response.Content.ReadAsStreamAsync(cancel);
            var buffer = new byte[LongestRead];
            var read = await stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancel);
            var problem = JsonSerializer.Deserialize(buffer.AsSpan(0, read), ProtocolProblemJson.Default.ProtocolProblem);
            return problem is null ? nothing : problem with { Status = status };
        }
        catch (JsonException)
        {
            return nothing;
        }
    }

    /// <summary>Throws a <see cref="ProtocolProblemException"/> where an answer is no success.</summary>
    /// <param name="response">The answer.</param>
    /// <param name="cancel">Stops reading.</param>
    public static async Task EnsureSuccessAsync(HttpResponseMessage response, CancellationToken cancel = default)
    {
        if (!response.IsSuccessStatusCode)
        {
            throw new ProtocolProblemException(await ReadAsync(response, cancel));
        }
    }

    /// <summary>The problem as an endpoint's result.</summary>
    public IResult ToResult() => new ProblemResult(this);

    private sealed class ProblemResult(ProtocolProblem problem) : IResult, IStatusCodeHttpResult
    {
        public int? StatusCode => problem.Status;

        public Task ExecuteAsync(HttpContext httpContext)
        {
            httpContext.Response.StatusCode = problem.Status;
            // For whoever records refusals; the name without the prefix.
            httpContext.Items["problem-type"] = problem.Type.Split('/')[^1];
            return httpContext.Response.WriteAsJsonAsync(
                problem,
                ProtocolProblemJson.Default.ProtocolProblem,
                MediaType,
                httpContext.RequestAborted
            );
        }
    }
}

/// <summary>Another party answered with a problem.</summary>
/// <param name="problem">The problem.</param>
public sealed class ProtocolProblemException(ProtocolProblem problem)
    : Exception($"{problem.Status} {problem.Type}: {problem.Title} {problem.Detail}")
{
    /// <summary>The problem.</summary>
    public ProtocolProblem Problem { get; } = problem;
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull
)]
[JsonSerializable(typeof(ProtocolProblem))]
[JsonSerializable(typeof(string))]
[JsonSerializable(typeof(long))]
internal sealed partial class ProtocolProblemJson : JsonSerializerContext;
