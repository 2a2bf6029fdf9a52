namespace HealthDataNode.Protocol.Oidc;

/// <summary>Who a machine is at the issuer.</summary>
/// <param name="Issuer">The issuer, exactly as in its discovery document.</param>
/// <param name="ClientId">The client id, which is the party id.</param>
/// <param name="KeyFile">P-256 PKCS#8 PEM of the client's key (<c>client.pem</c>).</param>
public sealed record MachineIdentity(string Issuer, string ClientId, string KeyFile);
