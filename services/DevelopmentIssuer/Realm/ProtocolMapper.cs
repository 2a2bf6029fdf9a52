using System.Globalization;
using System.Text.Json.Nodes;

namespace HealthDataNode.DevelopmentIssuer.Realm;

/// <summary>Where a mapped claim goes.</summary>
internal enum ClaimTarget
{
    AccessToken,
    IdToken,
    UserInfo,
}

/// <summary>What a mapper may look at. <paramref name="AuthenticatedAt"/> is null for a machine.</summary>
internal sealed record ClaimSource(RealmUser User, DateTimeOffset? AuthenticatedAt);

/// <summary>One protocol mapper of the realm file, in Keycloak's semantics.</summary>
internal abstract class ProtocolMapper(MapperFile file)
{
    protected string Setting(string key) =>
        file.Config.TryGetValue(key, out var value) && value.Length > 0
            ? value
            : throw new InvalidRealmException($"Mapper '{file.Name}': '{key}' is missing.");

    protected string? Optional(string key) => file.Config.GetValueOrDefault(key);

    private bool GoesTo(ClaimTarget target) =>
        target switch
        {
            ClaimTarget.AccessToken => Optional("access.token.claim") == "true",
            ClaimTarget.IdToken => Optional("id.token.claim") == "true",
            _ => Optional("userinfo.token.claim") == "true",
        };

    /// <summary>Adds to <paramref name="claims"/> what belongs into <paramref name="target"/>.</summary>
    public void Map(ClaimSource source, ClaimTarget target, JsonObject claims)
    {
        if (GoesTo(target))
        {
            Add(source, claims);
        }
    }

    protected abstract void Add(ClaimSource source, JsonObject claims);

    /// <summary>Puts a value at a dotted claim name: <c>realm_access.roles</c> is an array inside an object.</summary>
    protected static void Put(JsonObject claims, string name, JsonNode value)
    {
        var path = name.Split('.');
        foreach (var step in path[..^1])
        {
            claims[step] ??= new JsonObject();
            claims = claims[step]!.AsObject();
        }

        claims[path[^1]] = value;
    }

    private static readonly string[] Targets =
    [
        "access.token.claim",
        "id.token.claim",
        "userinfo.token.claim",
        "introspection.token.claim",
    ];

    public static ProtocolMapper Read(MapperFile file)
    {
        var (mapper, settings) = file.ProtocolMapper switch
        {
            "oidc-sub-mapper" => ((ProtocolMapper)new SubjectMapper(file), (string[])[]),
            "oidc-usersessionmodel-note-mapper" => (
                new AuthenticationTimeMapper(file),
                ["user.session.note", "claim.name", "jsonType.label"]
            ),
            "oidc-usermodel-realm-role-mapper" => (new RealmRoleMapper(file), ["claim.name", "multivalued", "jsonType.label"]),
            "oidc-usermodel-attribute-mapper" => (new AttributeMapper(file), ["user.attribute", "claim.name", "jsonType.label"]),
            "oidc-audience-mapper" => (new AudienceMapper(file), ["included.custom.audience"]),
            "oidc-hardcoded-claim-mapper" => (new HardcodedClaimMapper(file), ["claim.name", "claim.value", "jsonType.label"]),
            _ => throw new InvalidRealmException(
                $"Mapper '{file.Name}': the type '{file.ProtocolMapper}' is not supported by this issuer."
            ),
        };
        var unknown = file.Config.Keys.Except(settings).Except(Targets).FirstOrDefault();
        if (unknown is not null || file.Protocol != "openid-connect")
        {
            throw new InvalidRealmException($"Mapper '{file.Name}': '{unknown ?? file.Protocol}' is not supported by this issuer.");
        }

        return mapper;
    }

    private sealed class SubjectMapper(MapperFile file) : ProtocolMapper(file)
    {
        protected override void Add(ClaimSource source, JsonObject claims) => claims["sub"] = source.User.Id;
    }

    private sealed class AuthenticationTimeMapper : ProtocolMapper
    {
        private readonly string claim;

        public AuthenticationTimeMapper(MapperFile file)
            : base(file)
        {
            claim = Setting("claim.name");
            if (Setting("user.session.note") != "AUTH_TIME" || Setting("jsonType.label") != "long")
            {
                throw new InvalidRealmException($"Mapper '{file.Name}': only the note AUTH_TIME as long is supported.");
            }
        }

        protected override void Add(ClaimSource source, JsonObject claims)
        {
            if (source.AuthenticatedAt is { } at)
            {
                Put(claims, claim, at.ToUnixTimeSeconds());
            }
        }
    }

    private sealed class RealmRoleMapper : ProtocolMapper
    {
        private readonly string claim;

        public RealmRoleMapper(MapperFile file)
            : base(file)
        {
            claim = Setting("claim.name");
            if (Setting("multivalued") != "true" || Setting("jsonType.label") != "String")
            {
                throw new InvalidRealmException($"Mapper '{file.Name}': roles are an array of strings.");
            }
        }

        protected override void Add(ClaimSource source, JsonObject claims)
        {
            // Keycloak leaves the claim out where there is no role.
            if (source.User.Roles.Count > 0)
            {
                Put(claims, claim, new JsonArray([.. source.User.Roles.Select(role => (JsonNode)role)]));
            }
        }
    }

    private sealed class AttributeMapper : ProtocolMapper
    {
        private readonly string attribute;
        private readonly string claim;

        public AttributeMapper(MapperFile file)
            : base(file)
        {
            (attribute, claim) = (Setting("user.attribute"), Setting("claim.name"));
            if (Setting("jsonType.label") != "String")
            {
                throw new InvalidRealmException($"Mapper '{file.Name}': attributes are strings.");
            }
        }

        protected override void Add(ClaimSource source, JsonObject claims)
        {
            if (source.User.Attributes.TryGetValue(attribute, out var values) && values.Count > 0)
            {
                Put(claims, claim, values[0]);
            }
        }
    }

    private sealed class AudienceMapper : ProtocolMapper
    {
        private readonly string audience;

        public AudienceMapper(MapperFile file)
            : base(file) => audience = Setting("included.custom.audience");

        protected override void Add(ClaimSource source, JsonObject claims)
        {
            claims["aud"] ??= new JsonArray();
            if (!claims["aud"]!.AsArray().Any(value => value!.GetValue<string>() == audience))
            {
                claims["aud"]!.AsArray().Add(audience);
            }
        }
    }

    private sealed class HardcodedClaimMapper : ProtocolMapper
    {
        private readonly string claim;
        private readonly JsonNode value;

        public HardcodedClaimMapper(MapperFile file)
            : base(file)
        {
            claim = Setting("claim.name");
            var text = Setting("claim.value");
            value = Setting("jsonType.label") switch
            {
                "String" => JsonValue.Create(text),
                "long" => JsonValue.Create(long.Parse(text, CultureInfo.InvariantCulture)),
                "boolean" => JsonValue.Create(bool.Parse(text)),
                var type => throw new InvalidRealmException($"Mapper '{file.Name}': type '{type}' is not supported."),
            };
        }

        protected override void Add(ClaimSource source, JsonObject claims) => Put(claims, claim, value.DeepClone());
    }
}
