using System.Text.Json;
using System.Text.Json.Serialization;
using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Leases;
using HealthDataNode.Protocol.Problems;
using HealthDataNode.Protocol.Seals;
using HealthDataNode.Protocol.Trust;
using HealthDataNode.Protocol.Uploads;
using HealthDataNode.ReferenceSpe.Airlock;
using HealthDataNode.ReferenceSpe.Door;
using HealthDataNode.ReferenceSpe.Identity;
using HealthDataNode.ReferenceSpe.Ingress;
using HealthDataNode.ReferenceSpe.Jobs;
using HealthDataNode.ReferenceSpe.Node;
using HealthDataNode.ReferenceSpe.Registration;
using HealthDataNode.ReferenceSpe.Rooms;
using HealthDataNode.ReferenceSpe.State;
using HealthDataNode.ReferenceSpe.Workspaces;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthDataNode.ReferenceSpe;

/// <summary>The SPE as a program: one HTTPS listener that is ingress for Gateway and door for people.</summary>
public static class ReferenceSpeHost
{
    private const long LargestRequest = 256 * 1024;

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
        var builder = WebApplication.CreateBuilder(args);
        var options = SpeOptions.From(builder.Configuration);
        PrivateFolder.Create(options.Data);
        builder.Services.AddSingleton(options);
        builder.Services.AddSingleton(TimeProvider.System);
        builder.AddTelemetry(options.Party);
        builder.AddIdentity(options);
        NodeClients.Add(builder, options);
        AddProtocol(builder.Services, builder.Configuration, options);
        AddState(builder.Services);
        AddWork(builder.Services);
        AddLeases(builder.Services, options);
        AirlockModule.Add(builder.Services, builder.Configuration);
        DoorLimits.Add(builder.Services, builder.Configuration);
        builder.Services.ConfigureHttpJsonOptions(json =>
        {
            json.SerializerOptions.DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull;
            json.SerializerOptions.UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow;
            json.SerializerOptions.RespectNullableAnnotations = true;
            json.SerializerOptions.RespectRequiredConstructorParameters = true;
        });
        // In development too a body that cannot be read is the caller's fault, not an exception in our log.
        builder.Services.Configure<RouteHandlerOptions>(handlers => handlers.ThrowOnBadRequest = false);
        builder.Services.AddOpenApi(
            "v1",
            // Each use case has its own Request and Response: ReadSession.Response is ReadSessionResponse there.
            openApi =>
                openApi.CreateSchemaReferenceId = json =>
                    OpenApiOptions.CreateDefaultSchemaReferenceId(json) is { } id ? json.Type.DeclaringType?.Name + id : null
        );
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(5));
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = LargestRequest;
        });
        configure?.Invoke(builder);
        var app = builder.Build();
        Map(app);
        return app;
    }

    private static void AddProtocol(IServiceCollection services, ConfigurationManager configuration, SpeOptions options)
    {
        services.AddSingleton(provider => new TrustStore(
            configuration["Trust:Statements"] ?? throw new InvalidOperationException("Trust__Statements is not set."),
            configuration["Trust:Root"] ?? throw new InvalidOperationException("Trust__Root is not set."),
            provider.GetRequiredService<TimeProvider>()
        ));
        services.AddSingleton(_ => DocumentSigner.Load(options.Keys, options.Party, KeyUses.Spe));
        services.AddSingleton<OrderAndPermit>();
        services.AddSingleton<SealVerifier>();
        services.AddSingleton(provider => new FileUploadStore(provider.GetRequiredService<WorkspaceFolders>().Ingress));
        services.AddSingleton<IUploadStore>(provider => provider.GetRequiredService<FileUploadStore>());
    }

    private static void AddState(IServiceCollection services)
    {
        services.AddSingleton<StateDatabase>();
        services.AddSingleton<Lineages>();
        services.AddSingleton<Outbox>();
        services.AddSingleton<Deliveries>();
        services.AddSingleton<JobQueue>();
        services.AddSingleton<RoomStates>();
        services.AddSingleton<AliasCounts>();
        services.AddSingleton<WorkspaceFolders>();
        services.AddSingleton<DeliveryArrived>();
        services.AddSingleton<JobSubmitted>();
        services.AddSingleton<OutboxFilled>();
        services.AddHealthChecks().AddCheck("self", () => HealthCheckResult.Healthy(), ["live"]).AddCheck<OutboxHealth>("outbox");
    }

    private static void AddWork(IServiceCollection services)
    {
        services.AddSingleton<EncryptionKeys>();
        services.AddSingleton<AccessCheck>();
        services.AddSingleton<PartReceiver>();
        services.AddSingleton<DeliveryDocuments>();
        services.AddSingleton<AcceptOrder>();
        services.AddSingleton<AcceptManifest>();
        services.AddSingleton<OpenDelivery>();
        services.AddSingleton<Sandbox>();
        services.AddSingleton<JobProcess>();
        services.AddSingleton<RoomFilter>();
        services.AddSingleton<RoomLeases>();
        services.AddSingleton<EndRoom>();
        services.AddSingleton<TakeVersion>();
        services.AddSingleton<IAirlockRoom, AirlockRoom>();
        services.AddHostedService<RegisterEnvironment>();
        services.AddHostedService<KeepRooms>();
        services.AddHostedService<TakeAliases>();
        services.AddHostedService<OpenDeliveries>();
        services.AddHostedService<ForgetParts>();
        services.AddHostedService<RunJobs>();
        services.AddHostedService<SendOutbox>();
    }

    private static void AddLeases(IServiceCollection services, SpeOptions options)
    {
        services.AddSingleton(provider => new PermitLeases(options.Party, provider.GetRequiredService<TimeProvider>(), options.LeaseTime));
        services.AddSingleton(provider => new SpeLeases(options.Party, provider.GetRequiredService<TimeProvider>(), options.LeaseTime));
        services.AddSingleton<ILeaseSource<PermitLeases>>(provider => new PermitLeaseSource(
            () => provider.GetRequiredService<NodeClients>().For("permit"),
            "permit/v1/state-checks",
            provider.GetRequiredService<TrustStore>()
        ));
        services.AddSingleton<ILeaseSource<SpeLeases>>(provider => new SpeLeaseSource(
            () => provider.GetRequiredService<NodeClients>().For("speregistry"),
            "speregistry/v1/status-checks",
            provider.GetRequiredService<TrustStore>()
        ));
        services.AddHostedService<LeaseRenewal<PermitLeases>>();
        services.AddHostedService<LeaseRenewal<SpeLeases>>();
    }

    private static void Map(WebApplication app)
    {
        app.UseExceptionHandler(errors => errors.Run(context => WriteProblemAsync(context, "internal-error", "Something went wrong here")));
        app.UseStatusCodePages(pages => WriteProblemAsync(pages.HttpContext, null, null));
        app.Use(
            (context, next) =>
            {
                context.Response.Headers.XContentTypeOptions = "nosniff";
                context.Response.Headers.ContentSecurityPolicy = "default-src 'none'; frame-ancestors 'none'";
                context.Response.Headers["Referrer-Policy"] = "no-referrer";
                context.Response.Headers.StrictTransportSecurity = "max-age=31536000";
                context.Response.Headers.CacheControl = "no-store";
                return next(context);
            }
        );
        app.Use(SessionCookie.ForgetAtCallback);
        app.UseAuthentication();
        app.UseRateLimiter();
        app.UseMiddleware<RefusalRecorder>();
        app.UseAuthorization();
        app.MapHealthChecks("/health").AllowAnonymous().ShortCircuit();
        app.MapHealthChecks("/alive", new HealthCheckOptions { Predicate = check => check.Tags.Contains("live") })
            .AllowAnonymous()
            .ShortCircuit();
        app.MapOpenApi("/openapi/{documentName}.json").AllowAnonymous();
        MapIngress(app.MapGroup("/ingress/v1").RequireAuthorization(Schemes.Gateway).WithTags("Ingress"));
        MapDoor(app);
    }

    private static void MapIngress(RouteGroupBuilder ingress)
    {
        ingress.MapResumableUploads<PartReceiver>("/orders/{id}/parts");
        AcceptOrder.Map(ingress);
        AcceptManifest.Map(ingress);
    }

    private static void MapDoor(WebApplication app)
    {
        SignIn.Map(app);
        ReadSession.Map(app);
        SignOut.Map(app);
        var door = app.MapGroup("/v1").RequireAuthorization(Schemes.Person).WithTags("Door");
        ListWorkspaces.Map(door);
        var room = door.MapGroup("/workspaces/{lineage}");
        room.AddEndpointFilter(
            (context, next) => context.HttpContext.RequestServices.GetRequiredService<RoomFilter>().InvokeAsync(context, next)
        );
        ReadWorkspace.Map(room);
        SubmitJob.Map(room);
        ReadJob.Map(room);
        AirlockModule.MapRoom(room);
        AirlockModule.MapCheckers(door);
    }

    private static Task WriteProblemAsync(HttpContext context, string? type, string? title)
    {
        var status = context.Response.StatusCode;
        var (kind, said) = status switch
        {
            _ when type is not null => (ProblemTypes.Prefix + type, title!),
            401 => (ProblemTypes.Unauthenticated, "Not signed in"),
            403 => (ProblemTypes.Forbidden, "Not allowed"),
            404 => (ProblemTypes.NotFound, "Not found"),
            _ => (ProblemTypes.Invalid, "The request was refused"),
        };
        return ProtocolProblem.Of(kind, status, said).ToResult().ExecuteAsync(context);
    }
}
