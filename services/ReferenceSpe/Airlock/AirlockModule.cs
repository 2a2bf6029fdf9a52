using HealthDataNode.ReferenceSpe.Airlock.Door;
using HealthDataNode.ReferenceSpe.Door;
using HealthDataNode.ReferenceSpe.Identity;

namespace HealthDataNode.ReferenceSpe.Airlock;

/// <summary>The airlock as a module: it needs an <see cref="IAirlockRoom"/>, the SPE's state and its sign-in.</summary>
internal static class AirlockModule
{
    public static void Add(IServiceCollection services, IConfiguration configuration)
    {
        services.AddSingleton(AirlockPolicy.From(configuration));
        services.AddSingleton<OutputRequested>();
        services.AddSingleton<Outputs>();
        services.AddSingleton<OutputFiles>();
        services.AddSingleton<TakeFile>();
        services.AddHostedService<CheckOutputs>();
    }

    /// <summary>The side of the person who asks.</summary>
    public static void MapRoom(RouteGroupBuilder room)
    {
        RequestOutput.Map(room);
        ReadOutput.Map(room);
        FetchOutput.Map(room);
    }

    /// <summary>The side of the output checkers.</summary>
    public static void MapCheckers(IEndpointRouteBuilder door)
    {
        var outputs = door.MapGroup("/outputs").RequireAuthorization(Schemes.OutputChecker).WithTags("Output checkers");
        outputs.AddEndpointFilter(Csrf.FilterAsync);
        ListOpenOutputs.Map(outputs);
        ReadOpenOutput.Map(outputs);
        ReadOpenFile.Map(outputs);
        VoteOnOutput.Map(outputs);
    }
}
