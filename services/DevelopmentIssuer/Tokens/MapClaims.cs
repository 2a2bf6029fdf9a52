using System.Globalization;
using System.Security.Claims;
using System.Text.Json;
using System.Text.Json.Nodes;
using HealthDataNode.DevelopmentIssuer.Realm;
using OpenIddict.Abstractions;
using OpenIddict.Server;
using static OpenIddict.Abstractions.OpenIddictConstants;
using static OpenIddict.Server.OpenIddictServerEvents;
using static OpenIddict.Server.OpenIddictServerHandlers;

namespace HealthDataNode.DevelopmentIssuer.Tokens;

/// <summary>
/// Fills access and identity tokens by the realm's protocol mappers, from the scopes of this very token: a refresh with
/// a narrowed scope gives an access token for that API alone, while the refresh token keeps all that was granted.
/// </summary>
internal sealed class MapClaims(LoadedRealm realm) : IOpenIddictServerHandler<ProcessSignInContext>
{
    public const string SessionId = "sid";

    public static OpenIddictServerHandlerDescriptor Descriptor { get; } =
        OpenIddictServerHandlerDescriptor
            .CreateBuilder<ProcessSignInContext>()
            .UseSingletonHandler<MapClaims>()
            .SetOrder(PrepareIdentityTokenPrincipal.Descriptor.Order + 500)
            .SetType(OpenIddictServerHandlerType.Custom)
            .Build();

    public ValueTask HandleAsync(ProcessSignInContext context)
    {
        if (context.AccessTokenPrincipal is { } access)
        {
            Fill(access, context, ClaimTarget.AccessToken);
            access.SetScopes(access.GetScopes().Where(Shown));
        }

        if (context.IdentityTokenPrincipal is { } identity)
        {
            Fill(identity, context, ClaimTarget.IdToken);
        }

        return ValueTask.CompletedTask;
    }

    private bool Shown(string scope) => !realm.Scopes.TryGetValue(scope, out var known) || known.IncludeInTokenScope;

    private void Fill(ClaimsPrincipal principal, ProcessSignInContext context, ClaimTarget target)
    {
        var client = realm.Clients[context.ClientId!];
        var user = realm.UsersById[principal.GetClaim(Claims.Subject)!];
        var scopes = context.AccessTokenPrincipal!.GetScopes();
        foreach (var (name, value) in Evaluate(client, user, scopes, AuthenticatedAt(context.Principal!), target))
        {
            if (name == "aud")
            {
                principal.SetAudiences(value!.AsArray().Select(audience => audience!.GetValue<string>()));
            }
            else
            {
                principal.SetClaim(name, value.Deserialize<JsonElement>());
            }
        }

        principal.SetClaim(SessionId, context.Principal!.GetClaim(SessionId));
    }

    /// <summary>The mapped claims; the client's default scopes count whether they were asked for or not.</summary>
    public JsonObject Evaluate(
        RealmClient client,
        RealmUser user,
        IEnumerable<string> scopes,
        DateTimeOffset? authenticatedAt,
        ClaimTarget target
    )
    {
        var source = new ClaimSource(user, authenticatedAt);
        var claims = new JsonObject();
        var mappers = client
            .DefaultScopes.Union(scopes)
            .Where(realm.Scopes.ContainsKey)
            .SelectMany(scope => realm.Scopes[scope].Mappers)
            .Concat(client.Mappers);
        foreach (var mapper in mappers)
        {
            mapper.Map(source, target, claims);
        }

        return claims;
    }

    public static DateTimeOffset? AuthenticatedAt(ClaimsPrincipal principal) =>
        long.TryParse(principal.GetClaim(Claims.AuthenticationTime), CultureInfo.InvariantCulture, out var seconds)
            ? DateTimeOffset.FromUnixTimeSeconds(seconds)
            : null;
}
