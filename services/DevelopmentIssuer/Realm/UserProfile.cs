using System.Text.Json;

namespace HealthDataNode.DevelopmentIssuer.Realm;

/// <summary>
/// Keycloak's declaration of user attributes. It drops what is not declared, and what a user may edit is no proof of
/// anything: so every attribute is declared, and ours are edited by administrators alone.
/// </summary>
internal sealed class UserProfile
{
    private static readonly string[] Personal = ["username", "email", "firstName", "lastName"];

    private readonly HashSet<string> declared = [];

    private UserProfile() { }

    public bool Declares(string attribute) => declared.Contains(attribute);

    public static UserProfile Read(Dictionary<string, JsonElement> components)
    {
        if (!components.TryGetValue("org.keycloak.userprofile.UserProfileProvider", out var providers))
        {
            return new UserProfile();
        }

        try
        {
            var config = providers[0].GetProperty("config").GetProperty("kc.user.profile.config")[0];
            return Parse(JsonDocument.Parse(config.GetString()!).RootElement);
        }
        catch (Exception error) when (error is KeyNotFoundException or InvalidOperationException or IndexOutOfRangeException)
        {
            throw new InvalidRealmException("The component of the user profile has no kc.user.profile.config.");
        }
    }

    private static UserProfile Parse(JsonElement config)
    {
        if (config.TryGetProperty("unmanagedAttributePolicy", out _))
        {
            throw new InvalidRealmException("unmanagedAttributePolicy would let users write attributes of their own.");
        }

        var profile = new UserProfile();
        foreach (var attribute in config.GetProperty("attributes").EnumerateArray())
        {
            var name = attribute.GetProperty("name").GetString()!;
            var editors = attribute.GetProperty("permissions").GetProperty("edit").EnumerateArray();
            if (!Personal.Contains(name) && editors.Any(editor => editor.GetString() != "admin"))
            {
                throw new InvalidRealmException($"The attribute '{name}' may be edited by administrators alone.");
            }

            profile.declared.Add(name);
        }

        return profile;
    }
}
