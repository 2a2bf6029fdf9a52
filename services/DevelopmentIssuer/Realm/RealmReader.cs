using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.IdentityModel.Tokens;

namespace HealthDataNode.DevelopmentIssuer.Realm;

/// <summary>Reads a filled realm file and refuses whatever this issuer would do otherwise than Keycloak.</summary>
internal static partial class RealmReader
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        PropertyNameCaseInsensitive = false,
        AllowDuplicateProperties = false,
    };

    private static readonly string[] SupportedClientAttributes =
    [
        "jwt.credential.certificate",
        "token.endpoint.auth.signing.alg",
        "access.token.header.type.rfc9068",
        "pkce.code.challenge.method",
        "require.pushed.authorization.requests",
        "post.logout.redirect.uris",
        "use.refresh.tokens",
        "client_credentials.use_refresh_token",
    ];

    [GeneratedRegex(@"\$\{[^}]*\}")]
    private static partial Regex Placeholder();

    public static LoadedRealm Read(string path)
    {
        if (!File.Exists(path))
        {
            throw new InvalidRealmException($"The realm file '{path}' does not exist: run Setup first.");
        }

        return Parse(File.ReadAllText(path));
    }

    public static LoadedRealm Parse(string text)
    {
        var unset = Placeholder().Matches(text).Select(match => match.Value).Distinct().ToArray();
        Require(unset.Length == 0, $"Placeholders are not filled: {string.Join(", ", unset)}. Run Setup first.");
        try
        {
            return Load(JsonSerializer.Deserialize<RealmFile>(text, Json) ?? throw new JsonException("It is empty."));
        }
        catch (JsonException error)
        {
            throw new InvalidRealmException($"The realm file is not supported by this issuer: {error.Message}");
        }
    }

    private static LoadedRealm Load(RealmFile file)
    {
        Require(file.Enabled, "The realm is disabled.");
        Require(file.DefaultSignatureAlgorithm == "ES256", "defaultSignatureAlgorithm must be ES256.");
        Require(file.RevokeRefreshToken, "revokeRefreshToken must be true: this issuer rotates refresh tokens.");
        Require(
            !file.RegistrationAllowed && !file.ResetPasswordAllowed && !file.EditUsernameAllowed && !file.LoginWithEmailAllowed,
            "Registration, reset of passwords, change of user names and login with e-mail are not supported."
        );
        Require(
            file.DefaultDefaultClientScopes.Length == 0 && file.DefaultOptionalClientScopes.Length == 0,
            "Realm-wide default scopes are not supported: name them at each client."
        );
        RequireOnly(file.Attributes.Keys, ["parRequestUriLifespan"], "realm attribute");
        RequireOnly(file.Components.Keys, ["org.keycloak.userprofile.UserProfileProvider"], "component");
        var roles = file.Roles.Realm.Select(role => role.Name).ToHashSet();
        var scopes = file.ClientScopes.ToDictionary(scope => scope.Name, LoadScope);
        var clients = file.Clients.ToDictionary(client => client.ClientId, client => LoadClient(client, scopes));
        var profile = UserProfile.Read(file.Components);
        var users = file.Users.Select(user => (user.ServiceAccountClientId, User: LoadUser(user, roles, profile))).ToArray();
        var accounts = users
            .Where(user => user.ServiceAccountClientId is not null)
            .ToDictionary(user => user.ServiceAccountClientId!, user => user.User);
        foreach (var client in clients.Values)
        {
            Require(
                accounts.ContainsKey(client.Id) == client.ServiceAccount,
                $"Client '{client.Id}': serviceAccountsEnabled and a user with its serviceAccountClientId go together."
            );
        }

        Require(accounts.Keys.All(clients.ContainsKey), "A service account belongs to no client.");
        return new LoadedRealm
        {
            Name = file.Realm,
            AccessTokenLifetime = TimeSpan.FromSeconds(file.AccessTokenLifespan),
            CodeLifetime = TimeSpan.FromSeconds(file.AccessCodeLifespan),
            PushedRequestLifetime = TimeSpan.FromSeconds(int.Parse(file.Attributes.GetValueOrDefault("parRequestUriLifespan", "60"))),
            IdleTimeout = TimeSpan.FromSeconds(file.SsoSessionIdleTimeout),
            SessionLifetime = TimeSpan.FromSeconds(file.SsoSessionMaxLifespan),
            FailureFactor = file.FailureFactor,
            Scopes = scopes,
            Clients = clients,
            UsersById = users.ToDictionary(user => user.User.Id, user => user.User),
            PeopleByName = users
                .Where(user => user.ServiceAccountClientId is null)
                .ToDictionary(user => user.User.Username, user => user.User),
            ServiceAccounts = accounts,
        };
    }

    private static RealmScope LoadScope(ClientScopeFile file)
    {
        Require(file.Protocol == "openid-connect", $"Scope '{file.Name}': protocol '{file.Protocol}' is not supported.");
        RequireOnly(file.Attributes.Keys, ["include.in.token.scope", "display.on.consent.screen"], $"attribute of scope '{file.Name}'");
        return new RealmScope(
            file.Name,
            file.Attributes.GetValueOrDefault("include.in.token.scope", "true") == "true",
            [.. file.ProtocolMappers.Select(ProtocolMapper.Read)]
        );
    }

    private static RealmClient LoadClient(ClientFile file, Dictionary<string, RealmScope> scopes)
    {
        var client = $"Client '{file.ClientId}'";
        var attributes = file.Attributes;
        Require(file.Enabled && file.Protocol == "openid-connect", $"{client}: only enabled OpenID clients.");
        Require(!file.PublicClient, $"{client}: public clients are not supported.");
        Require(file.ClientAuthenticatorType == "client-jwt", $"{client}: clientAuthenticatorType must be client-jwt.");
        Require(
            !file.ImplicitFlowEnabled && !file.DirectAccessGrantsEnabled,
            $"{client}: the implicit flow and direct access grants are not supported."
        );
        Require(!file.ConsentRequired, $"{client}: consent is not supported.");
        Require(!file.FrontchannelLogout, $"{client}: front-channel logout is not supported.");
        Require(file.FullScopeAllowed, $"{client}: fullScopeAllowed must be true: scope mappings are not supported.");
        Require(file.WebOrigins.Length == 0, $"{client}: webOrigins are not supported: no token goes to a browser.");
        RequireOnly(attributes.Keys, SupportedClientAttributes, $"attribute of {client}");
        RequireAttribute("token.endpoint.auth.signing.alg", "ES256");
        RequireAttribute("access.token.header.type.rfc9068", "true");
        RequireAttribute("client_credentials.use_refresh_token", "false");
        if (file.StandardFlowEnabled)
        {
            RequireAttribute("pkce.code.challenge.method", "S256");
            RequireAttribute("require.pushed.authorization.requests", "true");
            RequireAttribute("use.refresh.tokens", "true");
        }

        var unknown = file.DefaultClientScopes.Concat(file.OptionalClientScopes).FirstOrDefault(s => !scopes.ContainsKey(s));
        Require(unknown is null, $"{client}: the scope '{unknown}' is not declared.");
        Require(file.DefaultClientScopes.Contains("basic"), $"{client}: without the scope 'basic' there is no sub.");
        return new RealmClient
        {
            Id = file.ClientId,
            Name = file.Name,
            CodeFlow = file.StandardFlowEnabled,
            ServiceAccount = file.ServiceAccountsEnabled,
            RedirectUris = [.. file.RedirectUris.Select(Absolute)],
            PostLogoutRedirectUris =
            [
                .. attributes
                    .GetValueOrDefault("post.logout.redirect.uris", "")
                    .Split("##", StringSplitOptions.RemoveEmptyEntries)
                    .Select(Absolute),
            ],
            DefaultScopes = file.DefaultClientScopes,
            OptionalScopes = file.OptionalClientScopes,
            Mappers = [.. file.ProtocolMappers.Select(ProtocolMapper.Read)],
            Key = KeyOf(attributes.GetValueOrDefault("jwt.credential.certificate", ""), client),
        };

        void RequireAttribute(string name, string value) =>
            Require(attributes.GetValueOrDefault(name) == value, $"{client}: the attribute '{name}' must be '{value}'.");

        Uri Absolute(string uri)
        {
            Require(
                Uri.TryCreate(uri, UriKind.Absolute, out var parsed) && parsed.Scheme is "https" && !uri.Contains('*'),
                $"{client}: '{uri}' must be a full https address without wildcard."
            );
            return parsed!;
        }
    }

    private static JsonWebKey KeyOf(string certificate, string client)
    {
        try
        {
            using var parsed = X509CertificateLoader.LoadCertificate(Convert.FromBase64String(certificate));
            using var key = parsed.GetECDsaPublicKey() ?? throw new InvalidRealmException($"{client}: the key is not on P-256.");
            Require(key.KeySize == 256, $"{client}: the key is not on P-256.");
            var point = key.ExportParameters(includePrivateParameters: false).Q;
            return new JsonWebKey
            {
                Kty = JsonWebAlgorithmsKeyTypes.EllipticCurve,
                Crv = JsonWebKeyECTypes.P256,
                Use = JsonWebKeyUseNames.Sig,
                Alg = SecurityAlgorithms.EcdsaSha256,
                X = Base64UrlEncoder.Encode(point.X),
                Y = Base64UrlEncoder.Encode(point.Y),
            };
        }
        catch (Exception error) when (error is FormatException or CryptographicException)
        {
            throw new InvalidRealmException($"{client}: jwt.credential.certificate is no one-line base64 certificate.");
        }
    }

    private static RealmUser LoadUser(UserFile file, HashSet<string> roles, UserProfile profile)
    {
        var user = $"User '{file.Username}'";
        Require(Guid.TryParse(file.Id, out _), $"{user}: the id must be a UUID.");
        var unknown = file.RealmRoles.FirstOrDefault(role => !roles.Contains(role));
        Require(unknown is null, $"{user}: the role '{unknown}' is not declared.");
        var undeclared = file.Attributes.Keys.FirstOrDefault(attribute => !profile.Declares(attribute));
        Require(undeclared is null, $"{user}: the user profile does not declare the attribute '{undeclared}'.");
        var person = file.ServiceAccountClientId is null;
        Require(
            file.Credentials.All(credential => credential is { Type: "password", Temporary: false, Value.Length: >= 12 })
                && file.Credentials.Length == (person ? 1 : 0),
            $"{user}: a person has one password of at least 12 characters that is not temporary; a machine none."
        );
        Require(
            !person || (file.Email is not null && file.FirstName is not null && file.LastName is not null),
            $"{user}: Keycloak holds an account without email, firstName and lastName for incomplete."
        );
        var attributes = file.Attributes.ToDictionary(a => a.Key, a => (IReadOnlyList<string>)a.Value);
        foreach (
            var (name, value) in new[]
            {
                ("username", file.Username),
                ("email", file.Email),
                ("firstName", file.FirstName),
                ("lastName", file.LastName),
            }
        )
        {
            if (value is not null)
            {
                attributes[name] = [value];
            }
        }

        return new RealmUser
        {
            Id = file.Id,
            Username = file.Username,
            Enabled = file.Enabled,
            Roles = file.RealmRoles,
            Attributes = attributes,
            PasswordDigest = person ? SHA256.HashData(Encoding.UTF8.GetBytes(file.Credentials[0].Value)) : null,
        };
    }

    private static void RequireOnly(IEnumerable<string> names, string[] supported, string what)
    {
        var unknown = names.Except(supported).FirstOrDefault();
        Require(unknown is null, $"'{unknown}' is not supported as {what}.");
    }

    private static void Require(bool condition, string message)
    {
        if (!condition)
        {
            throw new InvalidRealmException(message);
        }
    }
}
