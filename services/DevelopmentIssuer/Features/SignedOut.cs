using HealthDataNode.DevelopmentIssuer.Pages;
using HealthDataNode.DevelopmentIssuer.Realm;

namespace HealthDataNode.DevelopmentIssuer.Features;

/// <summary>Where a sign-out ends that names no page of the client.</summary>
internal static class SignedOut
{
    public static void Map(IEndpointRouteBuilder endpoints) => endpoints.MapGet(IssuerPaths.SignedOut, Handle);

    private static IResult Handle(HttpContext context, LoadedRealm realm) =>
        new Page(context, realm).Show(new Text("Du er logget ut", "You are signed out"), "");
}
