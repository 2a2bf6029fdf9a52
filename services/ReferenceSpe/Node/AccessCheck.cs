using System.Net;
using System.Security.Cryptography;
using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Problems;
using HealthDataNode.Protocol.Trust;
using HealthDataNode.ReferenceSpe.State;

namespace HealthDataNode.ReferenceSpe.Node;

/// <summary>What the node says of a person and a workspace.</summary>
internal enum Access
{
    /// <summary>The person may enter now.</summary>
    Allowed,

    /// <summary>The person may not.</summary>
    Denied,

    /// <summary>There is no good answer: nobody enters.</summary>
    Unknown,
}

/// <summary>
/// Asks the node whether a person may enter a workspace now (EHDS 73(1)(a)), at every call. The answer is a JWS over
/// our nonce, good for three seconds from when the question was sent by the monotonic clock and not past its own end, and is never stored.
/// </summary>
internal sealed class AccessCheck(NodeClients node, TrustStore trust, Lineages lineages, SpeOptions options, TimeProvider time)
{
    private sealed record Question(string Nonce, string Lineage, string Sub);

    public async Task<Access> AskAsync(string lineage, string sub, CancellationToken cancellationToken)
    {
        var nonce = Base64UrlText.Encode(RandomNumberGenerator.GetBytes(24));
        var asked = time.GetTimestamp();
        try
        {
            using var client = node.For("permit");
            using var response = await client.PostAsJsonAsync(
                "permit/v1/access-checks",
                new Question(nonce, lineage, sub),
                cancellationToken
            );
            if (response.StatusCode == HttpStatusCode.NotFound)
            {
                // No permit of ours has this lineage. It need not be signed: it opens nothing.
                return Access.Denied;
            }

            await ProtocolProblem.EnsureSuccessAsync(response, cancellationToken);
            var text = (await response.Content.ReadAsStringAsync(cancellationToken)).Trim();
            var answer = trust.Verify<AccessAnswer>(text).Payload;
            var good =
                answer.Caller == options.Party
                && answer.Nonce == nonce
                && answer.Lineage == lineage
                && answer.Sub == sub
                && answer.Version >= lineages.VersionOf(lineage)
                && time.GetUtcNow().ToUnixTimeSeconds() < answer.Until
                && time.GetElapsedTime(asked) <= options.LeaseTime;
            return !good ? Access.Unknown
                : answer.Allowed ? Access.Allowed
                : Access.Denied;
        }
        catch (Exception exception) when (exception is DocumentRefusedException || NodeClients.IsFault(exception, cancellationToken))
        {
            return Access.Unknown;
        }
    }
}
