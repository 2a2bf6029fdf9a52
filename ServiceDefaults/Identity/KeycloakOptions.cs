using System.ComponentModel.DataAnnotations;

namespace HealthDataNode.ServiceDefaults.Identity;

/// <summary>The section <c>Keycloak</c>, in the shape of Keycloak.AuthServices.</summary>
public sealed class KeycloakOptions
{
    /// <summary>Base address of the identity provider, for example <c>https://localhost:8443</c>.</summary>
    [Required, Url]
    public string AuthServerUrl { get; set; } = "";

    /// <summary>The realm.</summary>
    [Required]
    public string Realm { get; set; } = "";

    /// <summary>This API's client id, which is the audience that its tokens must name.</summary>
    [Required]
    public string Resource { get; set; } = "";

    /// <summary>The issuer that tokens must name.</summary>
    public string Issuer => $"{AuthServerUrl.TrimEnd('/')}/realms/{Realm}";
}
