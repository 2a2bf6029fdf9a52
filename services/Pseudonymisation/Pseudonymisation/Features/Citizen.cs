using System.Security.Claims;
using HealthDataNode.Protocol;
using HealthDataNode.Protocol.Crypt4Gh;
using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Identifiers;
using HealthDataNode.Protocol.Trust;
using HealthDataNode.Pseudonymisation.Keys;
using HealthDataNode.ServiceDefaults.Identity;
using HealthDataNode.ServiceDefaults.Problems;
using Microsoft.Extensions.Options;

namespace HealthDataNode.Pseudonymisation.Features;

/// <summary>
/// Who the citizen is that calls: the person number stands sealed in the access token itself, signed over issuer and
/// <c>sub</c> at enrolment. Nobody sends a number, so nobody can send somebody else's (EHDS 71).
/// </summary>
internal sealed class Citizen(TrustStore trust, NodeKey nodeKey, RegisterKey register, IOptions<KeycloakOptions> issuer)
{
    /// <summary>The caller as the registers have it, or null where the token does not say it for this very caller.</summary>
    public async Task<byte[]?> FindAsync(ClaimsPrincipal caller, CancellationToken cancellationToken)
    {
        if (caller.FindAll("sealed_id").ToArray() is not [var claim])
        {
            return null;
        }
        try
        {
            var says = trust.Verify<SealedId>(claim.Value).Payload;
            return
                says.Sub == caller.Sub()
                && says.Issuer == issuer.Value.Issuer
                && PersonIdentifier.TryParse(Crypt4GhFile.Open(says.BoxBytes(), nodeKey.Key), out var person)
                ? await register.OfAsync(person, cancellationToken)
                : null;
        }
        catch (Exception exception) when (exception is DocumentRefusedException or ProtocolException)
        {
            return null;
        }
    }

    public static IResult Unknown() =>
        Problem.Forbidden(
            "person-unknown",
            "Who you are is not known",
            "Sign out and in again with your national eID. If it stays so, ask the health data access body to enrol you; you can declare to it in writing meanwhile."
        );
}
