using Microsoft.IdentityModel.Tokens;

namespace HealthDataNode.DevelopmentIssuer.Realm;

/// <summary>The realm as the issuer works with it: checked, and looked up by name.</summary>
internal sealed record LoadedRealm
{
    public required string Name { get; init; }
    public required TimeSpan AccessTokenLifetime { get; init; }
    public required TimeSpan CodeLifetime { get; init; }
    public required TimeSpan PushedRequestLifetime { get; init; }
    public required TimeSpan IdleTimeout { get; init; }
    public required TimeSpan SessionLifetime { get; init; }
    public required int FailureFactor { get; init; }
    public required IReadOnlyDictionary<string, RealmScope> Scopes { get; init; }
    public required IReadOnlyDictionary<string, RealmClient> Clients { get; init; }
    public required IReadOnlyDictionary<string, RealmUser> UsersById { get; init; }
    public required IReadOnlyDictionary<string, RealmUser> PeopleByName { get; init; }
    public required IReadOnlyDictionary<string, RealmUser> ServiceAccounts { get; init; }
}

/// <summary>A client scope with what it puts into a token.</summary>
internal sealed record RealmScope(string Name, bool IncludeInTokenScope, IReadOnlyList<ProtocolMapper> Mappers);

/// <summary>A client and the key by which it proves that it is the client.</summary>
internal sealed record RealmClient
{
    public required string Id { get; init; }
    public required string? Name { get; init; }
    public required bool CodeFlow { get; init; }
    public required bool ServiceAccount { get; init; }
    public required IReadOnlyList<Uri> RedirectUris { get; init; }
    public required IReadOnlyList<Uri> PostLogoutRedirectUris { get; init; }
    public required IReadOnlyList<string> DefaultScopes { get; init; }
    public required IReadOnlyList<string> OptionalScopes { get; init; }
    public required IReadOnlyList<ProtocolMapper> Mappers { get; init; }
    public required JsonWebKey Key { get; init; }
}

/// <summary>A person, or the account of a machine client.</summary>
internal sealed record RealmUser
{
    public required string Id { get; init; }
    public required string Username { get; init; }
    public required bool Enabled { get; init; }
    public required IReadOnlyList<string> Roles { get; init; }

    /// <summary>Attributes, the root ones (<c>username</c>, <c>email</c>, ...) among them as Keycloak has it.</summary>
    public required IReadOnlyDictionary<string, IReadOnlyList<string>> Attributes { get; init; }

    /// <summary>SHA-256 of the password; null where nobody can sign in.</summary>
    public required byte[]? PasswordDigest { get; init; }

    public override string ToString() => Username;
}
