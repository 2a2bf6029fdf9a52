namespace HealthDataNode.DevelopmentIssuer.Realm;

/// <summary>The realm file asks for something this issuer does not do, or is not filled in.</summary>
internal sealed class InvalidRealmException(string message) : Exception(message);
