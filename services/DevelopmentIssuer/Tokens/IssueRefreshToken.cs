using HealthDataNode.DevelopmentIssuer.Realm;
using OpenIddict.Abstractions;
using OpenIddict.Server;
using static OpenIddict.Server.OpenIddictServerEvents;
using static OpenIddict.Server.OpenIddictServerHandlers;

namespace HealthDataNode.DevelopmentIssuer.Tokens;

/// <summary>The code flow gives a refresh token without <c>offline_access</c>, as Keycloak does.</summary>
internal sealed class IssueRefreshToken(LoadedRealm realm) : IOpenIddictServerHandler<ProcessSignInContext>
{
    public static OpenIddictServerHandlerDescriptor Descriptor { get; } =
        OpenIddictServerHandlerDescriptor
            .CreateBuilder<ProcessSignInContext>()
            .UseSingletonHandler<IssueRefreshToken>()
            .SetOrder(EvaluateGeneratedTokens.Descriptor.Order + 500)
            .SetType(OpenIddictServerHandlerType.Custom)
            .Build();

    public ValueTask HandleAsync(ProcessSignInContext context)
    {
        if (
            context.EndpointType is OpenIddictServerEndpointType.Token
            && !context.Request.IsClientCredentialsGrantType()
            && realm.Clients[context.ClientId!].CodeFlow
        )
        {
            (context.GenerateRefreshToken, context.IncludeRefreshToken) = (true, true);
        }

        return ValueTask.CompletedTask;
    }
}
