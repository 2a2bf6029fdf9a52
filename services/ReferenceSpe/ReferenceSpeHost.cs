using HealthDataNode.Protocol.Seals;
using HealthDataNode.Protocol.Trust;
using HealthDataNode.Protocol.Uploads;
using HealthDataNode.ReferenceSpe.Airlock;
using HealthDataNode.ReferenceSpe.Door;
using HealthDataNode.ReferenceSpe.Identity;
using HealthDataNode.ReferenceSpe.Ingress;
using HealthDataNode.ReferenceSpe.Jobs;
using HealthDataNode.ReferenceSpe.Registration;
using HealthDataNode.ReferenceSpe.Rooms;
using HealthDataNode.ReferenceSpe.State;
using HealthDataNode.ReferenceSpe.Workspaces;

namespace HealthDataNode.ReferenceSpe;

/// <summary>The SPE as a program: one HTTPS listener that is ingress for Gateway and door for people.</summary>
public static class ReferenceSpeHost
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
        var builder = DoorHost.Begin(args);
        AddIngress(builder.Services);
        AddWork(builder.Services);
        configure?.Invoke(builder);
        var app = builder.Build();
        Map(app);
        return app;
    }

    private static void AddIngress(IServiceCollection services)
    {
        services.AddSingleton<OrderAndPermit>();
        services.AddSingleton<SealVerifier>();
        services.AddSingleton(provider => new FileUploadStore(provider.GetRequiredService<WorkspaceFolders>().Ingress));
        services.AddSingleton<IUploadStore>(provider => provider.GetRequiredService<FileUploadStore>());
        services.AddSingleton<EncryptionKeys>();
        services.AddSingleton<Deliveries>();
        services.AddSingleton<DeliveryArrived>();
        services.AddSingleton<PartReceiver>();
        services.AddSingleton<DeliveryDocuments>();
        services.AddSingleton<AcceptOrder>();
        services.AddSingleton<AcceptManifest>();
        services.AddSingleton<OpenDelivery>();
        services.AddHostedService<RegisterEnvironment>();
        services.AddHostedService<OpenDeliveries>();
        services.AddHostedService<ForgetParts>();
    }

    private static void AddWork(IServiceCollection services)
    {
        services.AddSingleton<JobQueue>();
        services.AddSingleton<JobSubmitted>();
        services.AddSingleton<AliasCounts>();
        services.AddSingleton<EndRoom>();
        services.AddSingleton<TakeVersion>();
        services.AddSingleton<IAirlockRoom, AirlockRoom>();
        services.AddSingleton(provider => new RoomWork(
            provider.GetRequiredService<Lineages>().All,
            provider.GetRequiredService<TakeVersion>().RunAsync,
            provider.GetRequiredService<EndRoom>().RunAsync
        ));
        services.AddHostedService<TakeAliases>();
        services.AddHostedService<RunJobs>();
    }

    private static void Map(WebApplication app)
    {
        var (door, room) = DoorHost.Map(app);
        ListWorkspaces.Map(door);
        ReadWorkspace.Map(room);
        SubmitJob.Map(room);
        ReadJob.Map(room);
        DeleteJob.Map(room);
        var ingress = app.MapGroup("/ingress/v1").RequireAuthorization(Schemes.Gateway).WithTags("Ingress");
        ingress.MapResumableUploads<PartReceiver>("/orders/{id}/parts");
        AcceptOrder.Map(ingress);
        AcceptManifest.Map(ingress);
    }
}
