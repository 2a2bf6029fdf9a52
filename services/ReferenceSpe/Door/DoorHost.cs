using System.Text.Json;
using System.Text.Json.Serialization;
using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Leases;
using HealthDataNode.Protocol.Problems;
using HealthDataNode.Protocol.Trust;
using HealthDataNode.ReferenceSpe.Airlock;
using HealthDataNode.ReferenceSpe.Identity;
using HealthDataNode.ReferenceSpe.Jobs;
using HealthDataNode.ReferenceSpe.Node;
using HealthDataNode.ReferenceSpe.Rooms;
using HealthDataNode.ReferenceSpe.State;
using HealthDataNode.ReferenceSpe.Workspaces;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthDataNode.ReferenceSpe.Door;

/// <summary>
/// What both programs with a door are made of, the SPE and the airlock by itself: people sign in, the node says which
/// rooms are open, and results leave through the airlock. Which rooms there are, each program says.
/// </summary>
internal static class DoorHost
{
    private const long LargestRequest = 256 * 1024;

    public static WebApplicationBuilder Begin(string[] args)
    {
        var builder = WebApplication.CreateBuilder(args);
        var options = SpeOptions.From(builder.Configuration);
        PrivateFolder.Create(options.Data);
        builder.Services.AddSingleton(options);
        builder.Services.AddSingleton(TimeProvider.System);
        builder.AddTelemetry(options.Party);
        builder.AddIdentity(options);
        NodeClients.Add(builder, options);
        AddState(builder.Services, builder.Configuration, options);
        AddRooms(builder.Services);
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
        return builder;
    }

    private static void AddState(IServiceCollection services, ConfigurationManager configuration, SpeOptions options)
    {
        services.AddSingleton(provider => new TrustStore(
            configuration["Trust:Statements"] ?? throw new InvalidOperationException("Trust__Statements is not set."),
            configuration["Trust:Root"] ?? throw new InvalidOperationException("Trust__Root is not set."),
            provider.GetRequiredService<TimeProvider>()
        ));
        services.AddSingleton(_ => DocumentSigner.Load(options.Keys, options.Party, KeyUses.Spe));
        services.AddSingleton<StateDatabase>();
        services.AddSingleton<Lineages>();
        services.AddSingleton<Outbox>();
        services.AddSingleton<OutboxFilled>();
        services.AddHostedService<SendOutbox>();
        services.AddHealthChecks().AddCheck("self", () => HealthCheckResult.Healthy(), ["live"]).AddCheck<OutboxHealth>("outbox");
    }

    private static void AddRooms(IServiceCollection services)
    {
        services.AddSingleton<RoomStates>();
        services.AddSingleton<RoomLeases>();
        services.AddSingleton<RoomFilter>();
        services.AddSingleton<AccessCheck>();
        services.AddSingleton<VerifyPermit>();
        services.AddSingleton<WorkspaceFolders>();
        services.AddSingleton<Sandbox>();
        services.AddSingleton<JobProcess>();
        services.AddHostedService<KeepRooms>();
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

    /// <summary>The door, where a person is signed in, and in it a room that the person may enter now.</summary>
    public static (RouteGroupBuilder Door, RouteGroupBuilder Room) Map(WebApplication app)
    {
        app.UseExceptionHandler(errors => errors.Run(StatusProblem.WriteAsync));
        app.UseStatusCodePages(pages => StatusProblem.WriteAsync(pages.HttpContext));
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
        SignIn.Map(app);
        ReadSession.Map(app);
        SignOut.Map(app);
        var door = app.MapGroup("/v1").RequireAuthorization(Schemes.Person).WithTags("Door");
        var room = door.MapGroup("/workspaces/{lineage}");
        room.AddEndpointFilter(
            (context, next) => context.HttpContext.RequestServices.GetRequiredService<RoomFilter>().InvokeAsync(context, next)
        );
        AirlockModule.MapRoom(room);
        AirlockModule.MapCheckers(door);
        return (door, room);
    }
}
