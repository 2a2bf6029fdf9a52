using System.Text.Json;
using System.Text.Json.Serialization;

namespace HealthDataNode.DevelopmentIssuer.Realm;

// The part of Keycloak's realm representation that this issuer understands. A member that stands in no record here is
// refused by the reader: a realm that Keycloak would read otherwise than this issuer must not start.

[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
internal sealed record RealmFile
{
    public required string Realm { get; init; }
    public required bool Enabled { get; init; }
    public string? DisplayName { get; init; }
    public string SslRequired { get; init; } = "external";
    public bool RegistrationAllowed { get; init; }
    public bool ResetPasswordAllowed { get; init; }
    public bool EditUsernameAllowed { get; init; }
    public bool LoginWithEmailAllowed { get; init; }
    public bool BruteForceProtected { get; init; }
    public int FailureFactor { get; init; } = 10;
    public required string DefaultSignatureAlgorithm { get; init; }
    public bool InternationalizationEnabled { get; init; }
    public string[] SupportedLocales { get; init; } = [];
    public string? DefaultLocale { get; init; }
    public required int AccessTokenLifespan { get; init; }
    public required int AccessCodeLifespan { get; init; }
    public required int SsoSessionIdleTimeout { get; init; }
    public required int SsoSessionMaxLifespan { get; init; }
    public required bool RevokeRefreshToken { get; init; }
    public int RefreshTokenMaxReuse { get; init; }
    public Dictionary<string, string> Attributes { get; init; } = [];
    public required RolesFile Roles { get; init; }
    public string[] DefaultDefaultClientScopes { get; init; } = [];
    public string[] DefaultOptionalClientScopes { get; init; } = [];
    public required ClientScopeFile[] ClientScopes { get; init; }
    public required ClientFile[] Clients { get; init; }
    public required UserFile[] Users { get; init; }
    public Dictionary<string, JsonElement> Components { get; init; } = [];
}

[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
internal sealed record RolesFile
{
    public required RoleFile[] Realm { get; init; }
}

[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
internal sealed record RoleFile
{
    public required string Name { get; init; }
    public string? Description { get; init; }
}

[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
internal sealed record ClientScopeFile
{
    public required string Name { get; init; }
    public string? Description { get; init; }
    public required string Protocol { get; init; }
    public Dictionary<string, string> Attributes { get; init; } = [];
    public MapperFile[] ProtocolMappers { get; init; } = [];
}

[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
internal sealed record MapperFile
{
    public required string Name { get; init; }
    public required string Protocol { get; init; }
    public required string ProtocolMapper { get; init; }
    public required Dictionary<string, string> Config { get; init; }
}

[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
internal sealed record ClientFile
{
    public required string ClientId { get; init; }
    public string? Name { get; init; }
    public required bool Enabled { get; init; }
    public required string Protocol { get; init; }
    public required bool PublicClient { get; init; }
    public required string ClientAuthenticatorType { get; init; }
    public required bool StandardFlowEnabled { get; init; }
    public bool ImplicitFlowEnabled { get; init; }
    public bool DirectAccessGrantsEnabled { get; init; }
    public required bool ServiceAccountsEnabled { get; init; }
    public required bool FullScopeAllowed { get; init; }
    public bool ConsentRequired { get; init; }
    public bool FrontchannelLogout { get; init; }
    public string[] RedirectUris { get; init; } = [];
    public string[] WebOrigins { get; init; } = [];
    public required Dictionary<string, string> Attributes { get; init; }
    public required string[] DefaultClientScopes { get; init; }
    public required string[] OptionalClientScopes { get; init; }
    public MapperFile[] ProtocolMappers { get; init; } = [];
}

[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
internal sealed record UserFile
{
    public required string Id { get; init; }
    public required string Username { get; init; }
    public required bool Enabled { get; init; }
    public bool EmailVerified { get; init; }
    public string? Email { get; init; }
    public string? FirstName { get; init; }
    public string? LastName { get; init; }
    public string? ServiceAccountClientId { get; init; }
    public Dictionary<string, string[]> Attributes { get; init; } = [];
    public CredentialFile[] Credentials { get; init; } = [];
    public string[] RealmRoles { get; init; } = [];
}

[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
internal sealed record CredentialFile
{
    public required string Type { get; init; }
    public required string Value { get; init; }
    public bool Temporary { get; init; }

    // Never the password in a log.
    public override string ToString() => "***";
}
