using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using HealthDataNode.Protocol.Oidc;
using HealthDataNode.Protocol.Problems;
using HealthDataNode.Protocol.Trust;
using HealthDataNode.ReferenceSpe.Airlock;
using HealthDataNode.ReferenceSpe.State;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;

namespace HealthDataNode.ReferenceSpe.Identity;

/// <summary>Bearer tokens at the ingress; sign-in of people by code, PKCE and PAR at the door.</summary>
internal static class SpeIdentity
{
    private const string RoleClaim = "role";

    public static void AddIdentity(this WebApplicationBuilder builder, SpeOptions options)
    {
        // Cookies ignore ports: two stacks on one machine must not overwrite each other's.
        var stack = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(options.Issuer)))[..8];
        builder.Services.AddSingleton(_ => SigningKey.Load(Path.Combine(options.Keys, "client.pem")));
        builder.Services.AddSingleton(new SessionCookie($"__Host-{options.Party}-{stack}"));
        builder.Services.AddSingleton<IssuerClient>();
        builder.Services.AddSingleton<SessionStore>();
        builder
            .Services.AddDataProtection()
            .SetApplicationName(options.Party)
            .PersistKeysToFileSystem(new DirectoryInfo(PrivateFolder.Create(Path.Combine(options.Data, ".keys"))));
        builder
            .Services.AddAuthentication(Schemes.Session)
            .AddJwtBearer(bearer => Configure(bearer, options))
            .AddCookie(Schemes.Session, cookie => Configure(cookie, $"__Host-{options.Party}-{stack}"))
            .AddOpenIdConnect(Schemes.Issuer, oidc => Configure(oidc, options, $"__Host-{options.Party}-{stack}"));
        builder
            .Services.AddOptions<CookieAuthenticationOptions>(Schemes.Session)
            .Configure<SessionStore>((cookie, store) => cookie.SessionStore = store);
        var person = new AuthorizationPolicyBuilder(Schemes.Session).RequireAuthenticatedUser().RequireClaim("sub").Build();
        builder
            .Services.AddAuthorizationBuilder()
            .AddPolicy(Schemes.Person, person)
            .AddPolicy(
                Schemes.OutputChecker,
                policy =>
                    policy
                        .AddAuthenticationSchemes(Schemes.Session)
                        .RequireAuthenticatedUser()
                        .RequireClaim("sub")
                        .RequireClaim(RoleClaim, "output-checker")
                        .RequireClaim("authority", AirlockPolicy.From(builder.Configuration).Authorities)
            )
            .AddPolicy(
                Schemes.Gateway,
                policy =>
                    policy
                        .AddAuthenticationSchemes(JwtBearerDefaults.AuthenticationScheme)
                        .RequireAuthenticatedUser()
                        .RequireClaim("party", "gateway")
            )
            .SetFallbackPolicy(person);
    }

    private static void Configure(JwtBearerOptions bearer, SpeOptions options)
    {
        bearer.Authority = options.Issuer;
        bearer.MapInboundClaims = false;
        bearer.IncludeErrorDetails = false;
        bearer.TokenValidationParameters = new TokenValidationParameters
        {
            ValidIssuer = options.Issuer,
            ValidAudience = options.Party,
            ValidTypes = ["at+jwt"],
            ValidAlgorithms = [SecurityAlgorithms.EcdsaSha256],
            ClockSkew = TimeSpan.FromSeconds(15),
            NameClaimType = "sub",
        };
    }

    private static void Configure(CookieAuthenticationOptions options, string name)
    {
        options.Cookie.Name = name;
        options.Cookie.Path = "/";
        options.Cookie.HttpOnly = true;
        options.Cookie.SecurePolicy = CookieSecurePolicy.Always;
        options.Cookie.SameSite = SameSiteMode.Lax;
        options.ExpireTimeSpan = SessionStore.Lifetime;
        // What the issuer said of a role is believed for this long, however often somebody comes back.
        options.SlidingExpiration = false;
        options.Events.OnRedirectToLogin = context =>
        {
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            return Task.CompletedTask;
        };
        options.Events.OnRedirectToAccessDenied = context =>
        {
            context.Response.StatusCode = StatusCodes.Status403Forbidden;
            return Task.CompletedTask;
        };
    }

    private static void Configure(OpenIdConnectOptions oidc, SpeOptions options, string cookie)
    {
        oidc.Authority = options.Issuer;
        oidc.ClientId = options.Party;
        oidc.SignInScheme = Schemes.Session;
        oidc.ResponseType = OpenIdConnectResponseType.Code;
        oidc.ResponseMode = OpenIdConnectResponseMode.Query;
        oidc.UsePkce = true;
        oidc.PushedAuthorizationBehavior = PushedAuthorizationBehavior.Require;
        oidc.SaveTokens = true; // For the sign-out's hint; OnTicketReceived drops the others.
        oidc.MapInboundClaims = false;
        oidc.DisableTelemetry = true;
        oidc.CallbackPath = "/signin-oidc";
        oidc.SignedOutCallbackPath = "/signout-callback-oidc";
        oidc.BackchannelTimeout = TimeSpan.FromSeconds(15);

        // Who it is, and whose official: into a room the node lets a person, not a token.
        oidc.Scope.Clear();
        oidc.Scope.Add("openid");
        oidc.Scope.Add("basic");
        oidc.Scope.Add("roles");
        oidc.TokenValidationParameters.ValidIssuer = options.Issuer;
        oidc.TokenValidationParameters.ValidAlgorithms = [SecurityAlgorithms.EcdsaSha256];
        oidc.TokenValidationParameters.ClockSkew = TimeSpan.FromSeconds(15);
        oidc.TokenValidationParameters.NameClaimType = "sub";
        oidc.CorrelationCookie.Name = $"{cookie}-c.";
        oidc.NonceCookie.Name = $"{cookie}-n.";
        foreach (var builder in (CookieBuilder[])[oidc.CorrelationCookie, oidc.NonceCookie])
        {
            builder.Path = "/";
            builder.SameSite = SameSiteMode.Lax;
            builder.SecurePolicy = CookieSecurePolicy.Always;
        }

        oidc.Events = new OpenIdConnectEvents
        {
            OnPushAuthorization = context =>
            {
                Authenticate(context.ProtocolMessage, context.HttpContext);
                context.HandleClientAuthentication();
                return Task.CompletedTask;
            },
            OnAuthorizationCodeReceived = context =>
            {
                Authenticate(context.TokenEndpointRequest!, context.HttpContext);
                return Task.CompletedTask;
            },
            OnTokenValidated = context =>
            {
                TakeRoles((ClaimsIdentity)context.Principal!.Identity!);
                return Task.CompletedTask;
            },
            OnTicketReceived = context =>
            {
                Csrf.Begin(context.Properties!);
                return Task.CompletedTask;
            },
            OnRemoteFailure = async context =>
            {
                context.HandleResponse();
                await ProtocolProblem
                    .Of(
                        ProblemTypes.Unauthenticated,
                        StatusCodes.Status401Unauthorized,
                        "The sign-in was not completed",
                        "Open /signin once more."
                    )
                    .ToResult()
                    .ExecuteAsync(context.HttpContext);
            },
        };
    }

    // Keycloak nests roles: realm_access.roles.
    private static void TakeRoles(ClaimsIdentity identity)
    {
        if (identity.FindFirst("realm_access") is not { } access)
        {
            return;
        }

        using var parsed = JsonDocument.Parse(access.Value);
        if (parsed.RootElement.TryGetProperty("roles", out var roles) && roles.ValueKind == JsonValueKind.Array)
        {
            identity.AddClaims(
                roles
                    .EnumerateArray()
                    .Where(role => role.ValueKind == JsonValueKind.String)
                    .Select(role => new Claim(RoleClaim, role.GetString()!))
            );
        }
    }

    private static void Authenticate(OpenIdConnectMessage message, HttpContext context)
    {
        message.ClientAssertionType = ClientAssertion.Type;
        message.ClientAssertion = context.RequestServices.GetRequiredService<IssuerClient>().Assertion();
    }
}
