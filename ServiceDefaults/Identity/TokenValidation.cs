using System.Security.Claims;
using System.Text.Json;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Authorization;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Tokens;

namespace HealthDataNode.ServiceDefaults.Identity;

/// <summary>Validation of access tokens: issuer, audience, type, lifetime, ES256; everything else is refused.</summary>
public static class TokenValidation
{
    internal static void AddTokenValidation(this WebApplicationBuilder builder, string audience)
    {
        builder
            .Services.AddOptions<KeycloakOptions>()
            .BindConfiguration("Keycloak")
            .PostConfigure(options => options.Resource = options.Resource.Length == 0 ? audience : options.Resource)
            .ValidateDataAnnotations()
            .ValidateOnStart();
        builder.Services.AddAuthentication(JwtBearerDefaults.AuthenticationScheme).AddJwtBearer();
        builder
            .Services.AddOptions<JwtBearerOptions>(JwtBearerDefaults.AuthenticationScheme)
            // Before the handler's own PostConfigure, which makes the source of the issuer's keys from it.
            .Configure<IOptions<KeycloakOptions>>((bearer, keycloak) => bearer.Authority ??= keycloak.Value.Issuer)
            .PostConfigure<IOptions<KeycloakOptions>>((bearer, keycloak) => Insist(bearer, keycloak.Value));
        builder.Services.AddAuthorizationBuilder().SetFallbackPolicy(new AuthorizationPolicyBuilder().RequireAuthenticatedUser().Build());
    }

    /// <summary>What we insist on whichever package registered the handler.</summary>
    public static void Insist(JwtBearerOptions bearer, KeycloakOptions keycloak)
    {
        bearer.MapInboundClaims = false;
        bearer.IncludeErrorDetails = false;
        bearer.TokenValidationParameters = new TokenValidationParameters
        {
            ValidIssuer = keycloak.Issuer,
            ValidAudience = keycloak.Resource,
            ValidTypes = ["at+jwt"],
            ValidAlgorithms = [SecurityAlgorithms.EcdsaSha256],
            ClockSkew = TimeSpan.FromSeconds(15),
            NameClaimType = "sub",
            RoleClaimType = "role",
        };
        bearer.Events ??= new JwtBearerEvents();
        bearer.Events.OnTokenValidated = context =>
        {
            AddRoles((ClaimsIdentity)context.Principal!.Identity!);
            return Task.CompletedTask;
        };
    }

    /// <summary>Turns Keycloak's <c>realm_access.roles</c> into role claims.</summary>
    public static void AddRoles(ClaimsIdentity identity)
    {
        if (identity.FindFirst("realm_access")?.Value is not { } access)
        {
            return;
        }
        using var document = JsonDocument.Parse(access);
        if (document.RootElement.TryGetProperty("roles", out var roles) && roles.ValueKind == JsonValueKind.Array)
        {
            foreach (var role in roles.EnumerateArray())
            {
                identity.AddClaim(new Claim("role", role.GetString() ?? ""));
            }
        }
    }
}
