using System.Security.Cryptography;
using System.Text;
using System.Threading.RateLimiting;
using HealthDataNode.DevelopmentIssuer.Clients;
using HealthDataNode.DevelopmentIssuer.Features;
using HealthDataNode.DevelopmentIssuer.Keys;
using HealthDataNode.DevelopmentIssuer.Persistence;
using HealthDataNode.DevelopmentIssuer.Realm;
using HealthDataNode.DevelopmentIssuer.Sessions;
using HealthDataNode.DevelopmentIssuer.Tokens;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.EntityFrameworkCore;
using Microsoft.IdentityModel.Tokens;
using OpenIddict.Server;
using static OpenIddict.Abstractions.OpenIddictConstants;

namespace HealthDataNode.DevelopmentIssuer;

/// <summary>Puts the issuer together from its configuration; separate from Program so that tests start the same.</summary>
internal static class Issuer
{
    public static WebApplication Build(string[] args)
    {
        var builder = WebApplication.CreateBuilder(args);
        // Addresses and parameters of this program hold codes; EF Core would say each statement.
        foreach (var source in (string[])["Microsoft.AspNetCore", "Microsoft.EntityFrameworkCore", "OpenIddict"])
        {
            builder.Logging.AddFilter(source, LogLevel.Warning);
        }

        var realm = RealmReader.Read(Required(builder.Configuration, "Realm:File"));
        var server = Required(builder.Configuration, "Keycloak:AuthServerUrl").TrimEnd('/');
        var data = Required(builder.Configuration, "Data:Directory");
        if (IssuerPaths.Realm != $"/realms/{realm.Name}")
        {
            throw new InvalidRealmException($"This issuer serves {IssuerPaths.Realm}, the file has '{realm.Name}'.");
        }

        var issuer = new Uri(server + IssuerPaths.Realm);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = 64 * 1024;
        });
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton(realm);
        AddState(builder, data);
        AddSignIn(builder, realm, issuer);
        AddServer(builder, realm, issuer, data);
        var app = builder.Build();
        app.Use(SetHeaders);
        app.UseRateLimiter();
        app.UseAuthentication();
        Authorize.Map(app);
        IssueTokens.Map(app);
        UserInfo.Map(app);
        SignInForm.Map(app);
        EndSession.Map(app);
        SignedOut.Map(app);
        app.MapHealthChecks("/health");
        app.MapHealthChecks("/alive", new() { Predicate = _ => false });
        return app;
    }

    private static void AddState(WebApplicationBuilder builder, string data)
    {
        var connection = Required(builder.Configuration, "ConnectionStrings:issuer");
        builder.Services.AddDbContext<IssuerDbContext>(options => Configure(options, connection));
        builder.Services.AddHealthChecks().AddCheck<DatabaseHealth>("database");
        builder
            .Services.AddDataProtection()
            .SetApplicationName("development-issuer")
            .PersistKeysToFileSystem(
                Directory.CreateDirectory(
                    Path.Combine(data, "data-protection"),
                    UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
                )
            );
    }

    internal static void Configure(DbContextOptionsBuilder options, string connection) =>
        options.UseNpgsql(connection).UseSnakeCaseNamingConvention();

    private static void AddSignIn(WebApplicationBuilder builder, LoadedRealm realm, Uri issuer)
    {
        // Cookies ignore ports: two stacks on one machine must not overwrite each other's.
        var stack = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(issuer.AbsoluteUri)))[..8];
        builder
            .Services.AddAuthentication(SignInForm.Scheme)
            .AddCookie(
                SignInForm.Scheme,
                options =>
                {
                    options.Cookie.Name = $"issuer-{stack}";
                    options.Cookie.Path = IssuerPaths.Realm;
                    options.Cookie.HttpOnly = true;
                    options.Cookie.SecurePolicy = CookieSecurePolicy.Always;
                    options.Cookie.SameSite = SameSiteMode.Lax;
                    options.LoginPath = IssuerPaths.SignIn;
                    options.ReturnUrlParameter = IssuerPaths.ReturnUrlParameter;
                    options.ExpireTimeSpan = realm.IdleTimeout;
                    options.SlidingExpiration = true;
                }
            );
        builder.Services.AddAuthorization();
        builder.Services.AddAntiforgery(options =>
        {
            options.Cookie.Name = $"issuer-form-{stack}";
            options.Cookie.Path = IssuerPaths.Realm;
            options.Cookie.SecurePolicy = CookieSecurePolicy.Always;
        });
        builder.Services.AddSingleton<FailedSignIns>();
        builder.Services.AddRateLimiter(options =>
        {
            options.RejectionStatusCode = StatusCodes.Status429TooManyRequests;
            options.AddPolicy(
                nameof(SignInForm),
                context =>
                    RateLimitPartition.GetFixedWindowLimiter(
                        context.Connection.RemoteIpAddress?.ToString() ?? "",
                        _ => new FixedWindowRateLimiterOptions { PermitLimit = 120, Window = TimeSpan.FromMinutes(1) }
                    )
            );
        });
    }

    private static void AddServer(WebApplicationBuilder builder, LoadedRealm realm, Uri issuer, string data)
    {
        var keys = new SigningKeys(data, TimeProvider.System);
        builder.Services.AddSingleton(keys);
        builder.Services.AddSingleton<SigningKeyWatch>();
        builder.Services.AddHostedService(services => services.GetRequiredService<SigningKeyWatch>());
        builder.Services.AddScoped<SessionStore>();
        builder.Services.AddSingleton<MapClaims>();
        builder.Services.AddHostedService<RegisterClients>();
        builder.Services.AddHostedService<PruneExpired>();
        builder
            .Services.AddOpenIddict()
            .AddCore(core => core.UseEntityFrameworkCore().UseDbContext<IssuerDbContext>())
            .AddServer(server =>
            {
                server
                    .SetIssuer(issuer)
                    .SetConfigurationEndpointUris(IssuerPaths.Discovery)
                    .SetJsonWebKeySetEndpointUris(IssuerPaths.Keys)
                    .SetAuthorizationEndpointUris(IssuerPaths.Authorization)
                    .SetPushedAuthorizationEndpointUris(IssuerPaths.PushedAuthorization)
                    .SetTokenEndpointUris(IssuerPaths.Token)
                    .SetUserInfoEndpointUris(IssuerPaths.UserInfo)
                    .SetEndSessionEndpointUris(IssuerPaths.EndSession)
                    .SetRevocationEndpointUris(IssuerPaths.Revocation)
                    .SetIntrospectionEndpointUris(IssuerPaths.Introspection)
                    .AllowAuthorizationCodeFlow()
                    .AllowClientCredentialsFlow()
                    .AllowRefreshTokenFlow()
                    .RequireProofKeyForCodeExchange()
                    .RegisterScopes([Scopes.OpenId, .. realm.Scopes.Keys])
                    .SetAccessTokenLifetime(realm.AccessTokenLifetime)
                    .SetIdentityTokenLifetime(realm.AccessTokenLifetime)
                    .SetAuthorizationCodeLifetime(realm.CodeLifetime)
                    .SetRefreshTokenLifetime(realm.IdleTimeout)
                    .SetRefreshTokenReuseLeeway(TimeSpan.FromSeconds(30))
                    .DisableAccessTokenEncryption()
                    .AddEncryptionKey(IssuerKeys.Encryption(data))
                    .AddEventHandler(RefuseReplayedAssertion.Descriptor)
                    .AddEventHandler(IssueRefreshToken.Descriptor)
                    .AddEventHandler(MapClaims.Descriptor);
                server.Configure(options => AddSigningKeys(options, keys));
                server
                    .UseAspNetCore()
                    .EnableAuthorizationEndpointPassthrough()
                    .EnableTokenEndpointPassthrough()
                    .EnableUserInfoEndpointPassthrough()
                    .EnableEndSessionEndpointPassthrough();
            });
        builder.Services.PostConfigure<OpenIddictServerOptions>(options => Restrict(options, realm));
    }

    // After all others, since OpenIddict's parts add what they can do themselves.
    private static void Restrict(OpenIddictServerOptions options, LoadedRealm realm)
    {
        options.RequestTokenLifetime = realm.PushedRequestLifetime;
        options.TokenValidationParameters.ClockSkew = RefuseReplayedAssertion.ClockSkew;
        options.CodeChallengeMethods.Remove(CodeChallengeMethods.Plain);
        options.ClientAuthenticationMethods.RemoveWhere(method => method != ClientAuthenticationMethods.PrivateKeyJwt);
        options.ResponseModes.RemoveWhere(mode => mode is not (ResponseModes.Query or ResponseModes.FormPost));
    }

    private static void AddSigningKeys(OpenIddictServerOptions options, SigningKeys keys) =>
        options.SigningCredentials.AddRange(
            keys.Order().Select(path => new SigningCredentials(IssuerKeys.Signing(path), SecurityAlgorithms.EcdsaSha256))
        );

    private static Task SetHeaders(HttpContext context, RequestDelegate next)
    {
        var headers = context.Response.Headers;
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        headers["Referrer-Policy"] = "no-referrer";
        headers.StrictTransportSecurity = "max-age=31536000";
        return next(context);
    }

    private static string Required(ConfigurationManager configuration, string key) =>
        configuration[key] is { Length: > 0 } value
            ? value
            : throw new InvalidRealmException($"The setting {key.Replace(":", "__")} is missing.");
}
