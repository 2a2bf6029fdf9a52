using HealthDataNode.Protocol.Oidc;
using HealthDataNode.Protocol.Trust;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.Extensions.Options;

namespace HealthDataNode.ReferenceSpe.Identity;

/// <summary>The door's own calls to the issuer, each with a fresh assertion of its key.</summary>
internal sealed class IssuerClient(IOptionsMonitor<OpenIdConnectOptions> oidc, SigningKey key, SpeOptions options, TimeProvider time)
{
    public string Assertion() => ClientAssertion.Create(key, options.Party, options.Issuer, time.GetUtcNow());

    /// <summary>Ends the person's session at the issuer too.</summary>
    public async Task EndSessionAsync(string idToken, CancellationToken cancellationToken)
    {
        var issuer = oidc.Get(Schemes.Issuer);
        var configuration = await issuer.ConfigurationManager!.GetConfigurationAsync(cancellationToken);
        using var form = new FormUrlEncodedContent([new("id_token_hint", idToken), new("client_id", options.Party)]);
        using var ended = await issuer.Backchannel.PostAsync(new Uri(configuration.EndSessionEndpoint), form, cancellationToken);
    }
}
