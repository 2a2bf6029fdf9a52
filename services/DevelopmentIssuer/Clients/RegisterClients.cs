using System.Globalization;
using HealthDataNode.DevelopmentIssuer.Realm;
using Microsoft.IdentityModel.Tokens;
using OpenIddict.Abstractions;
using static OpenIddict.Abstractions.OpenIddictConstants;

namespace HealthDataNode.DevelopmentIssuer.Clients;

/// <summary>Makes OpenIddict's table of clients the same as the realm file, before the issuer listens.</summary>
internal sealed class RegisterClients(LoadedRealm realm, IServiceScopeFactory scopes) : IHostedService
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var applications = scope.ServiceProvider.GetRequiredService<IOpenIddictApplicationManager>();
        var gone = new List<object>();
        await foreach (var application in applications.ListAsync(cancellationToken: cancellationToken))
        {
            if (!realm.Clients.ContainsKey((await applications.GetClientIdAsync(application, cancellationToken))!))
            {
                gone.Add(application);
            }
        }

        foreach (var application in gone)
        {
            await applications.DeleteAsync(application, cancellationToken);
        }

        foreach (var client in realm.Clients.Values)
        {
            var descriptor = Describe(client);
            if (await applications.FindByClientIdAsync(client.Id, cancellationToken) is { } known)
            {
                await applications.UpdateAsync(known, descriptor, cancellationToken);
            }
            else
            {
                await applications.CreateAsync(descriptor, cancellationToken);
            }
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private OpenIddictApplicationDescriptor Describe(RealmClient client)
    {
        var descriptor = new OpenIddictApplicationDescriptor
        {
            ClientId = client.Id,
            DisplayName = client.Name,
            ApplicationType = ApplicationTypes.Web,
            ClientType = ClientTypes.Confidential,
            ConsentType = ConsentTypes.Implicit,
            JsonWebKeySet = new JsonWebKeySet { Keys = { client.Key } },
            Permissions = { Permissions.Endpoints.Token, Permissions.Endpoints.Introspection },
        };
        descriptor.Permissions.UnionWith(
            client.DefaultScopes.Concat(client.OptionalScopes).Select(name => Permissions.Prefixes.Scope + name)
        );
        if (client.ServiceAccount)
        {
            descriptor.Permissions.Add(Permissions.GrantTypes.ClientCredentials);
        }

        if (client.CodeFlow)
        {
            descriptor.RedirectUris.UnionWith(client.RedirectUris);
            descriptor.PostLogoutRedirectUris.UnionWith(client.PostLogoutRedirectUris);
            descriptor.Permissions.UnionWith([
                Permissions.Endpoints.Authorization,
                Permissions.Endpoints.PushedAuthorization,
                Permissions.Endpoints.EndSession,
                Permissions.Endpoints.Revocation,
                Permissions.GrantTypes.AuthorizationCode,
                Permissions.GrantTypes.RefreshToken,
                Permissions.ResponseTypes.Code,
            ]);
            descriptor.Requirements.UnionWith([
                Requirements.Features.ProofKeyForCodeExchange,
                Requirements.Features.PushedAuthorizationRequests,
            ]);
        }

        descriptor.Settings[Settings.TokenLifetimes.AccessToken] = realm.AccessTokenLifetime.ToString("c", CultureInfo.InvariantCulture);
        return descriptor;
    }
}
