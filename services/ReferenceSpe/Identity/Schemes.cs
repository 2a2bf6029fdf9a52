namespace HealthDataNode.ReferenceSpe.Identity;

/// <summary>How a caller shows who it is: machines at the ingress, people at the door, never the one at the other.</summary>
internal static class Schemes
{
    /// <summary>A person's session at the door.</summary>
    public const string Session = "session";

    /// <summary>The issuer, at which a person signs in.</summary>
    public const string Issuer = "issuer";

    /// <summary>Policy of the ingress: the party <c>gateway</c>.</summary>
    public const string Gateway = "gateway";

    /// <summary>Policy of the airlock's other side: an output checker of an authority that decides here.</summary>
    public const string OutputChecker = "output-checker";

    /// <summary>Policy of the door: somebody is signed in.</summary>
    public const string Person = "person";
}
