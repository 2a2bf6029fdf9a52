using System.Net.Http.Json;
using System.Security.Cryptography;
using HealthDataNode.Gateway.Domain;
using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Problems;
using HealthDataNode.Protocol.Trust;
using Microsoft.Extensions.Options;

namespace HealthDataNode.Gateway.Counterparts;

/// <summary>Asks Permit whether a lineage is in force; an answer is good for three seconds and is never stored.</summary>
internal sealed class PermitStates(
    IHttpClientFactory clients,
    TrustStore trust,
    TimeProvider time,
    IOptions<GatewayOptions> options
)
{
    private sealed record Question(string Nonce, string[] Lineages);

    /// <summary>Comes back when the order's permit is in force.</summary>
    /// <exception cref="OrderRefusedException">It was revoked or is past its end (EHDS 63(3)).</exception>
    /// <exception cref="OrderPausedException">There is no good answer now.</exception>
    public async Task RequireInForceAsync(Order order, CancellationToken cancellationToken)
    {
        var nonce = Base64UrlText.Encode(RandomNumberGenerator.GetBytes(24));
        // By the monotonic clock, from when the question was sent: a delayed answer is an old one.
        var asked = time.GetTimestamp();
        using var response = await clients
            .CreateClient(CounterpartsExtensions.Permit)
            .PostAsJsonAsync("/v1/state-checks", new Question(nonce, [order.Lineage]), cancellationToken);
        await ProtocolProblem.EnsureSuccessAsync(response, cancellationToken);
        var text = (await response.Content.ReadAsStringAsync(cancellationToken)).Trim();
        var answer = trust.Verify<PermitState>(text).Payload;
        if (answer.Caller != "gateway" || answer.Nonce != nonce)
        {
            throw new OrderPausedException("The answer about the permit is not to our question.");
        }
        if (time.GetElapsedTime(asked) > TimeSpan.FromSeconds(options.Value.LeaseSeconds))
        {
            throw new OrderPausedException("The answer about the permit came too late.");
        }
        var state = answer.States.FirstOrDefault(state => state.Lineage == order.Lineage);
        if (state is null || state.State == LineageStates.Unknown || state.Version < order.PermitVersion)
        {
            throw new OrderPausedException("Permit does not know this version of the permit.");
        }
        var ended = state.State == LineageStates.Expired && HasEnded(order);
        if (state.State == LineageStates.Revoked || ended)
        {
            throw new OrderRefusedException(new(RejectionCodes.PermitNotInForce));
        }
        if (state.State != LineageStates.InForce)
        {
            throw new OrderPausedException("The permit is not in force yet.");
        }
    }

    // "expired" is also said of a permit that has not begun.
    private bool HasEnded(Order order) =>
        trust.Verify<PermitDocument>(order.Permit).Payload.To <= time.GetUtcNow().ToUnixTimeSeconds();
}
