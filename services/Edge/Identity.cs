using System.Security.Cryptography;
using System.Text;
using HealthDataNode.Edge.Proxy;
using HealthDataNode.Edge.Sessions;
using HealthDataNode.Protocol.Trust;
using HealthDataNode.ServiceDefaults.Identity;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;
using Npgsql;

namespace HealthDataNode.Edge;

/// <summary>Sign-in of people by code, PKCE and PAR; sessions; validation of machines' bearer tokens.</summary>
internal static class Identity
{
    /// <summary>Name of the ticket's property that holds the session's anti-forgery token.</summary>
    public const string CsrfProperty = "csrf";

    public static void AddIdentity(this WebApplicationBuilder builder)
    {
        var keycloak = builder.Configuration.GetRequiredSection("Keycloak").Get<KeycloakOptions>()!;
        // Cookies ignore ports: two stacks on one machine must not overwrite each other's.
        var stack = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(keycloak.Issuer)))[..8];
        var cookie = $"__Host-edge-{stack}";
        builder.Services.AddSingleton(new SessionCookie(cookie));
        builder.Services.AddSingleton(_ => SigningKey.Load(Path.Combine(builder.Configuration.Required("Party:Keys"), "client.pem")));
        builder.Services.AddSingleton<SessionStore>();
        builder.Services.AddSingleton<IssuerClient>();
        builder.Services.AddSingleton<AccessTokens>();
        builder.Services.AddHostedService<RemoveExpiredSessions>();
        builder.Services.AddSingleton(NpgsqlDataSource.Create(builder.Configuration.Required("ConnectionStrings:edge")));
        builder
            .Services.AddDataProtection()
            .SetApplicationName("edge")
            .PersistKeysToFileSystem(
                Directory.CreateDirectory(
                    Path.Combine(builder.Configuration.Required("Data:Directory"), "data-protection"),
                    UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
                )
            );
        builder
            .Services.AddAuthentication(EdgeSchemes.Either)
            .AddPolicyScheme(
                EdgeSchemes.Either,
                null,
                options =>
                {
                    options.ForwardDefaultSelector = context =>
                        context.Request.Headers.ContainsKey("Authorization") ? JwtBearerDefaults.AuthenticationScheme : EdgeSchemes.Session;
                    options.ForwardChallenge = JwtBearerDefaults.AuthenticationScheme;
                    options.ForwardForbid = JwtBearerDefaults.AuthenticationScheme;
                }
            )
            .AddCookie(EdgeSchemes.Session, options => Configure(options, cookie))
            .AddOpenIdConnect(EdgeSchemes.Issuer, options => Configure(options, keycloak, stack));
        builder
            .Services.AddOptions<CookieAuthenticationOptions>(EdgeSchemes.Session)
            .Configure<SessionStore>((options, store) => options.SessionStore = store);
        builder
            .Services.AddOptions<JwtBearerOptions>(JwtBearerDefaults.AuthenticationScheme)
            .PostConfigure(bearer =>
            {
                // Which of them must be in the token, the route says: see Guard.
                bearer.TokenValidationParameters.ValidAudience = null;
                bearer.TokenValidationParameters.ValidAudiences = Routes.Services;
            });
    }

    public static string Required(this ConfigurationManager configuration, string key) =>
        configuration[key] is { Length: > 0 } value
            ? value
            : throw new OptionsValidationException(
                key,
                typeof(Identity),
                [$"The setting {key.Replace(":", "__", StringComparison.Ordinal)} is missing."]
            );

    private static void Configure(CookieAuthenticationOptions options, string cookie)
    {
        options.Cookie.Name = cookie;
        options.Cookie.Path = "/";
        options.Cookie.HttpOnly = true;
        options.Cookie.SecurePolicy = CookieSecurePolicy.Always;
        options.Cookie.SameSite = SameSiteMode.Lax;
        options.ExpireTimeSpan = TimeSpan.FromHours(2);
        options.SlidingExpiration = true;
    }

    private static void Configure(OpenIdConnectOptions options, KeycloakOptions keycloak, string stack)
    {
        options.Authority = keycloak.Issuer;
        options.ClientId = IssuerClient.ClientId;
        options.SignInScheme = EdgeSchemes.Session;
        options.ResponseType = OpenIdConnectResponseType.Code;
        options.ResponseMode = OpenIdConnectResponseMode.Query;
        options.UsePkce = true;
        options.PushedAuthorizationBehavior = PushedAuthorizationBehavior.Require;
        options.SaveTokens = true; // SessionStore takes them out again.
        options.MapInboundClaims = false;
        options.DisableTelemetry = true;
        options.CallbackPath = "/signin-oidc";
        options.SignedOutCallbackPath = "/signout-callback-oidc";
        options.Scope.Clear();
        foreach (var scope in (string[])["openid", "basic", "roles", "profile", "email", .. Routes.Services])
        {
            options.Scope.Add(scope);
        }

        options.TokenValidationParameters.ValidIssuer = keycloak.Issuer;
        options.TokenValidationParameters.ValidAlgorithms = [SecurityAlgorithms.EcdsaSha256];
        options.TokenValidationParameters.ClockSkew = TimeSpan.FromSeconds(15);
        options.BackchannelTimeout = TimeSpan.FromSeconds(15);
        options.CorrelationCookie.Name = $"__Host-edge-{stack}-c.";
        options.NonceCookie.Name = $"__Host-edge-{stack}-n.";
        foreach (var cookie in (CookieBuilder[])[options.CorrelationCookie, options.NonceCookie])
        {
            cookie.Path = "/";
            cookie.SameSite = SameSiteMode.Lax;
            cookie.SecurePolicy = CookieSecurePolicy.Always;
        }

        options.Events = new OpenIdConnectEvents
        {
            OnPushAuthorization = context =>
            {
                var issuer = context.HttpContext.RequestServices.GetRequiredService<IssuerClient>();
                Authenticate(context.ProtocolMessage, issuer);
                context.HandleClientAuthentication();
                return Task.CompletedTask;
            },
            OnAuthorizationCodeReceived = context =>
            {
                var issuer = context.HttpContext.RequestServices.GetRequiredService<IssuerClient>();
                Authenticate(context.TokenEndpointRequest!, issuer);
                return Task.CompletedTask;
            },
            OnTicketReceived = context =>
            {
                context.Properties!.Items[CsrfProperty] = SessionKey.Create();
                return Task.CompletedTask;
            },
            OnRemoteFailure = async context =>
            {
                context.HandleResponse();
                if (IssuerClient.IsUnreachable(context.Failure))
                {
                    await IssuerClient.Unavailable().ExecuteAsync(context.HttpContext);
                    return;
                }

                // An old tab, a second click, a refusal at the issuer: start over instead of an error page.
                context.Response.Redirect("/?signin=failed");
            },
        };
    }

    private static void Authenticate(OpenIdConnectMessage message, IssuerClient issuer)
    {
        message.ClientAssertionType = Protocol.Oidc.ClientAssertion.Type;
        message.ClientAssertion = issuer.Assertion();
    }
}

/// <summary>The name of the session's cookie in this stack.</summary>
internal sealed record SessionCookie(string Name);
