using System.Security.Cryptography;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;

namespace HealthDataNode.Services.Tests;

/// <summary>Access tokens as the issuer would give them, by a key that services under test are told to trust.</summary>
internal static class TestTokens
{
    public const string AuthServerUrl = "https://localhost:9";
    public const string Realm = "health-data-node";
    public const string Issuer = $"{AuthServerUrl}/realms/{Realm}";

    private static readonly ECDsaSecurityKey Key = new(ECDsa.Create(ECCurve.NamedCurves.nistP256)) { KeyId = "test" };

    /// <summary>A token of a person or, with <paramref name="party"/>, of a machine.</summary>
    public static string For(
        string audience,
        string sub,
        string[] roles,
        string? org = null,
        string? authority = null,
        string? party = null,
        DateTime? expires = null,
        string type = "at+jwt",
        string issuer = Issuer,
        SecurityKey? key = null,
        string? sealedId = null
    )
    {
        var claims = new Dictionary<string, object>
        {
            ["sub"] = sub,
            ["realm_access"] = new Dictionary<string, object> { ["roles"] = roles },
        };
        foreach (var (name, value) in new[] { ("org", org), ("authority", authority), ("party", party), ("sealed_id", sealedId) })
        {
            if (value is not null)
            {
                claims[name] = value;
            }
        }
        var until = expires ?? DateTime.UtcNow.AddMinutes(5);
        return new JsonWebTokenHandler().CreateToken(
            new SecurityTokenDescriptor
            {
                Issuer = issuer,
                Audience = audience,
                NotBefore = until.AddMinutes(-10),
                IssuedAt = until.AddMinutes(-10),
                Expires = until,
                TokenType = type,
                Claims = claims,
                SigningCredentials = new SigningCredentials(key ?? Key, SecurityAlgorithms.EcdsaSha256),
            }
        );
    }

    /// <summary>Makes a service under test take its keys from here instead of from an issuer's address.</summary>
    public static void Trust(IServiceCollection services) =>
        services.Configure<JwtBearerOptions>(
            JwtBearerDefaults.AuthenticationScheme,
            options =>
            {
                options.Configuration = new OpenIdConnectConfiguration { Issuer = Issuer };
                options.Configuration.SigningKeys.Add(Key);
            }
        );
}
