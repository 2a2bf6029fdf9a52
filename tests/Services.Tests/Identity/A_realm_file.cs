using System.Text.Json.Nodes;
using HealthDataNode.DevelopmentIssuer.Realm;

namespace HealthDataNode.Services.Tests.Identity;

public sealed class A_realm_file
{
    private readonly JsonNode realm = JsonNode.Parse(new TestRealm().Json)!;

    [Fact]
    public void Is_read_when_it_is_filled()
    {
        var read = RealmReader.Parse(realm.ToJsonString());
        Assert.Equal(21, read.PeopleByName.Count);
        Assert.Equal(12, read.Clients.Count);
        Assert.Equal(11, read.ServiceAccounts.Count);
    }

    [Fact]
    public void Is_refused_while_a_placeholder_is_not_filled()
    {
        var template = File.ReadAllText(Path.Combine(PostgresFixture.Repository, "AppHost/realms/health-data-node.json"));
        var error = Assert.Throws<InvalidRealmException>(() => RealmReader.Parse(template));
        Assert.Contains("${PASSWORD_KARI_EDITOR}", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Is_refused_with_groups() => IsRefused(file => file["groups"] = new JsonArray());

    [Fact]
    public void Is_refused_with_client_roles() =>
        IsRefused(file => file["roles"]!["client"] = new JsonObject { ["edge"] = new JsonArray() });

    [Fact]
    public void Is_refused_with_composite_roles() => IsRefused(file => file["roles"]!["realm"]![0]!["composite"] = true);

    [Fact]
    public void Is_refused_with_scope_mappings() => IsRefused(file => file["scopeMappings"] = new JsonArray());

    [Fact]
    public void Is_refused_with_required_actions() =>
        IsRefused(file => file["users"]![0]!["requiredActions"] = new JsonArray("VERIFY_EMAIL"));

    [Fact]
    public void Is_refused_with_consent() => IsRefused(file => file["clients"]![0]!["consentRequired"] = true);

    [Fact]
    public void Is_refused_with_a_public_client() => IsRefused(file => file["clients"]![0]!["publicClient"] = true);

    [Fact]
    public void Is_refused_with_a_client_secret() => IsRefused(file => file["clients"]![0]!["secret"] = "x");

    [Fact]
    public void Is_refused_with_password_grants() => IsRefused(file => file["clients"]![0]!["directAccessGrantsEnabled"] = true);

    [Fact]
    public void Is_refused_where_a_web_client_need_not_push() =>
        IsRefused(file => file["clients"]![0]!["attributes"]!.AsObject().Remove("require.pushed.authorization.requests"));

    [Fact]
    public void Is_refused_with_an_unknown_client_attribute() =>
        IsRefused(file => file["clients"]![0]!["attributes"]!["dpop.bound.access.tokens"] = "true");

    [Fact]
    public void Is_refused_with_a_wildcard_redirect() =>
        IsRefused(file => file["clients"]![0]!["redirectUris"]![0] = "https://localhost:1/*");

    [Fact]
    public void Is_refused_with_an_unknown_mapper() =>
        IsRefused(file => file["clientScopes"]![0]!["protocolMappers"]![0]!["protocolMapper"] = "oidc-script-based-protocol-mapper");

    [Fact]
    public void Is_refused_with_an_unknown_mapper_setting() =>
        IsRefused(file => file["clientScopes"]![1]!["protocolMappers"]![1]!["config"]!["aggregate.attrs"] = "true");

    [Fact]
    public void Is_refused_with_a_role_that_is_not_declared() => IsRefused(file => file["users"]![0]!["realmRoles"]![0] = "king");

    [Fact]
    public void Is_refused_with_a_scope_that_is_not_declared() =>
        IsRefused(file => file["clients"]![0]!["optionalClientScopes"]![0] = "everything");

    [Fact]
    public void Is_refused_where_users_may_write_their_own_attributes() =>
        IsRefused(file =>
        {
            var config = file["components"]!["org.keycloak.userprofile.UserProfileProvider"]![0]!["config"]!;
            var profile = JsonNode.Parse((string)config["kc.user.profile.config"]![0]!)!;
            profile["unmanagedAttributePolicy"] = "ENABLED";
            config["kc.user.profile.config"]![0] = profile.ToJsonString();
        });

    [Fact]
    public void Is_refused_with_an_attribute_that_the_user_profile_does_not_declare() =>
        IsRefused(file => file["users"]![0]!["attributes"]!["department"] = new JsonArray("7"));

    private void IsRefused(Action<JsonNode> change)
    {
        change(realm);
        Assert.Throws<InvalidRealmException>(() => RealmReader.Parse(realm.ToJsonString()));
    }
}
