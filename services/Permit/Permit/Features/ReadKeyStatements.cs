using Microsoft.AspNetCore.Http.HttpResults;

namespace HealthDataNode.Permit.Features;

/// <summary>The root's key statements, for parties outside; each checks them against the fingerprint that it was given.</summary>
public static class ReadKeyStatements
{
    internal static void Map(IEndpointRouteBuilder routes) =>
        routes
            .MapGet("/key-statements", Handle)
            .AllowAnonymous()
            .WithName("ReadKeyStatements")
            .WithSummary("The key statements of the node's root, one a line")
            .WithTags("Public")
            .Produces<string>(StatusCodes.Status200OK, "text/plain");

    private static PhysicalFileHttpResult Handle(IConfiguration configuration) =>
        TypedResults.PhysicalFile(Path.GetFullPath(configuration["Trust:Statements"]!), "text/plain; charset=utf-8");
}
