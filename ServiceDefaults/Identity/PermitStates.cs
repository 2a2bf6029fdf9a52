using System.Net.Http.Json;
using System.Security.Cryptography;
using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Problems;
using HealthDataNode.Protocol.Trust;

namespace HealthDataNode.ServiceDefaults.Identity;

/// <summary>
/// Asks Permit in which state a lineage is. The answer is a JWS over our nonce; it is good for three seconds from when
/// the question was sent, by the monotonic clock, and is never stored.
/// </summary>
public sealed class PermitStates(IHttpClientFactory clients, TrustStore trust, ServiceName service, TimeProvider time)
{
    private static readonly TimeSpan GoodFor = TimeSpan.FromSeconds(3);

    private sealed record Question(string Nonce, string[] Lineages);

    /// <summary>The state now, or null when there is no good answer: then nothing goes on.</summary>
    public async Task<LineageState?> AskAsync(string lineage, CancellationToken cancellationToken)
    {
        var nonce = Base64UrlText.Encode(RandomNumberGenerator.GetBytes(24));
        var asked = time.GetTimestamp();
        try
        {
            using var response = await clients
                .CreateClient("permit")
                .PostAsJsonAsync("/v1/state-checks", new Question(nonce, [lineage]), cancellationToken);
            await ProtocolProblem.EnsureSuccessAsync(response, cancellationToken);
            var answer = trust.Verify<PermitState>((await response.Content.ReadAsStringAsync(cancellationToken)).Trim()).Payload;
            return answer.Caller == service.Value && answer.Nonce == nonce && time.GetElapsedTime(asked) <= GoodFor
                ? answer.States.FirstOrDefault(state => state.Lineage == lineage)
                : null;
        }
        catch (Exception exception)
            when (exception is HttpRequestException or DocumentRefusedException or ProtocolProblemException
                || exception is OperationCanceledException && !cancellationToken.IsCancellationRequested
                || exception.GetType().Namespace == "Polly.Timeout"
                || exception.GetType().Namespace == "Polly.CircuitBreaker"
            )
        {
            return null;
        }
    }
}
