namespace HealthDataNode.DevelopmentIssuer.Pages;

/// <summary>One sentence in Norwegian (bokmål) and English.</summary>
internal sealed record Text(string Nb, string En);
