using HealthDataNode.Pseudonymisation.Persistence;
using HealthDataNode.ServiceDefaults.Identity;

namespace HealthDataNode.Pseudonymisation.Features;

/// <summary>Which list stood at a moment (OPT-008): the number alone, never who is on it.</summary>
internal static class ReadOptOutList
{
    internal sealed record Response(long List);

    public static void Map(IEndpointRouteBuilder lists) =>
        lists
            .MapGet("", HandleAsync)
            .ForParty("permit")
            .Produces<Response>()
            .WithName("ReadOptOutList")
            .WithSummary("Which opt-out list stood at a moment");

    private static async Task<IResult> HandleAsync(DateTimeOffset on, PersonRegisters registers, CancellationToken cancellationToken) =>
        TypedResults.Ok(new Response(await registers.ListOnAsync(on, cancellationToken)));
}
