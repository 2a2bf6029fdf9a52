namespace HealthDataNode.Edge;

/// <summary>How a caller shows who it is.</summary>
internal static class EdgeSchemes
{
    /// <summary>Chooses: a bearer token where there is an Authorization header, else the session's cookie.</summary>
    public const string Either = "edge";

    /// <summary>A person's session.</summary>
    public const string Session = "session";

    /// <summary>The issuer, at which a person signs in.</summary>
    public const string Issuer = "issuer";
}
