namespace HealthDataNode.DevelopmentIssuer;

/// <summary>Keycloak's own paths, so that only the issuer's address differs between the two.</summary>
internal static class IssuerPaths
{
    public const string Realm = "/realms/health-data-node";
    public const string Discovery = Realm + "/.well-known/openid-configuration";
    public const string SignIn = Realm + "/login-actions/authenticate";
    public const string SignedOut = Realm + "/login-actions/signed-out";
    public const string ReturnUrlParameter = "returnUrl";

    private const string Protocol = Realm + "/protocol/openid-connect";
    public const string Authorization = Protocol + "/auth";
    public const string Token = Protocol + "/token";
    public const string Keys = Protocol + "/certs";
    public const string EndSession = Protocol + "/logout";
    public const string UserInfo = Protocol + "/userinfo";
    public const string Revocation = Protocol + "/revoke";
    public const string Introspection = Token + "/introspect";
    public const string PushedAuthorization = Protocol + "/ext/par/request";
}
