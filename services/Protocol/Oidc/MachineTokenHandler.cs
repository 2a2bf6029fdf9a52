using System.Net;
using System.Net.Http.Headers;

namespace HealthDataNode.Protocol.Oidc;

/// <summary>Adds a machine's bearer token for one scope to every request.</summary>
/// <param name="tokens">Where tokens come from.</param>
/// <param name="scope">The scope.</param>
public sealed class MachineTokenHandler(MachineTokenSource tokens, string scope) : DelegatingHandler
{
    /// <inheritdoc/>
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var token = await tokens.TokenAsync(scope, cancellationToken);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        var response = await base.SendAsync(request, cancellationToken);
        if (response.StatusCode == HttpStatusCode.Unauthorized)
        {
            // An issuer that lost or changed its keys: the caller's next attempt comes with a new token.
            tokens.Forget(scope, token);
        }

        return response;
    }
}
