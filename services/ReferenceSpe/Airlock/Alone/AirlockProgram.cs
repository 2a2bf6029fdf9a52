using HealthDataNode.ReferenceSpe.Door;
using HealthDataNode.ReferenceSpe.Rooms;

namespace HealthDataNode.ReferenceSpe.Airlock.Alone;

/// <summary>
/// <c>airlock</c>: the airlock and its door by themselves, for an SPE that is not ours and has none. That SPE keeps its
/// rooms and runs its jobs; what may leave it puts into folders.
/// </summary>
public static class AirlockProgram
{
    /// <summary>Runs it to its end.</summary>
    public static async Task<int> RunAsync(string[] args)
    {
        await using var app = Build(args);
        await app.RunAsync();
        return 0;
    }

    /// <summary>Builds it; <paramref name="configure"/> comes last.</summary>
    public static WebApplication Build(string[] args, Action<WebApplicationBuilder>? configure = null)
    {
        // The running number of audit entries is the SPE's own: two programs cannot count as one.
        var builder = DoorHost.Begin([.. args, "--Audit:Numbered=false"]);
        builder.Services.AddSingleton<FolderRooms>();
        builder.Services.AddSingleton<TakeFolderPermits>();
        builder.Services.AddSingleton<EndFolderRoom>();
        builder.Services.AddSingleton<IAirlockRoom>(provider => provider.GetRequiredService<FolderRooms>());
        builder.Services.AddSingleton(provider => new RoomWork(
            provider.GetRequiredService<FolderRooms>().Known,
            provider.GetRequiredService<TakeFolderPermits>().RunAsync,
            provider.GetRequiredService<EndFolderRoom>().RunAsync
        ));
        configure?.Invoke(builder);
        var app = builder.Build();
        DoorHost.Map(app);
        return app;
    }
}
