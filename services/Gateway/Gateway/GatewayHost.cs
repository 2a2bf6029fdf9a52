using HealthDataNode.Gateway.Consumers;
using HealthDataNode.Gateway.Counterparts;
using HealthDataNode.Gateway.Delivery;
using HealthDataNode.Gateway.Features;
using HealthDataNode.Gateway.Persistence;
using HealthDataNode.Gateway.Storage;
using HealthDataNode.Permit.Contracts.V1;
using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Seals;
using HealthDataNode.Protocol.Trust;
using HealthDataNode.Protocol.Uploads;
using HealthDataNode.ServiceDefaults;
using HealthDataNode.ServiceDefaults.Idempotency;
using HealthDataNode.ServiceDefaults.Identity;
using HealthDataNode.ServiceDefaults.Messaging;

namespace HealthDataNode.Gateway;

/// <summary>The service, put together; tests start the same.</summary>
public static class GatewayHost
{
    /// <summary>Builds it; <paramref name="configure"/> runs last.</summary>
    public static WebApplication Build(string[] args, Action<WebApplicationBuilder>? configure = null)
    {
        var builder = WebApplication.CreateBuilder(args);
        builder.AddServiceDefaults("gateway");
        builder.AddDatabase<GatewayDb>(
            "gateway",
            consumes =>
            {
                consumes.On<PermitGranted, PermitGrantedHandler>();
                consumes.On<PermitRevoked, PermitRevokedHandler>();
            }
        );
        builder.AddParty(KeyUses.Gateway);
        builder.AddCounterparts();
        builder.AddGateway();
        configure?.Invoke(builder);
        var app = builder.Build();
        app.UseServiceDefaults();
        app.UseIdempotencyKeys();
        app.MapRedrive();
        app.MapGatewayApi();
        return app;
    }

    private static void AddGateway(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddOptions<GatewayOptions>().BindConfiguration("Gateway").ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton(provider => new OrderAndPermit(
            provider.GetRequiredService<TrustStore>(),
            provider.GetRequiredService<TimeProvider>()
        ));
        services.AddSingleton<SealVerifier>();
        services.AddSingleton<UploadKeys>();
        services.AddSingleton<OrderFiles>();
        services.AddSingleton<IUploadStore>(provider => provider.GetRequiredService<OrderFiles>().Uploads);
        services.AddSingleton<WorkSignal>();
        services.AddSingleton<WatchSignal>();
        services.AddSingleton<RunningOrders>();
        services.AddScoped<UploadParts>();
        services.AddScoped<Rejecting>();
        services.AddScoped<IssueOrder>();
        services.AddScoped<PrepareDelivery>();
        services.AddScoped<PushDelivery>();
        services.AddScoped<CompleteDelivery>();
        services.AddScoped<EraseOrder>();
        services.AddHostedService<OrderWorker>();
        services.AddHostedService<WatchOrders>();
    }

    private static void MapGatewayApi(this WebApplication app)
    {
        ListOrders.Map(app);
        GetOrder.Map(app);
        UploadParts.Map(app);
        CloseOrder.Map(app);
        AcceptReceipt.Map(app);
        RenewOrder.Map(app);
        ListDeliveries.Map(app);
    }
}
