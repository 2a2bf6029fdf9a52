using System.Text.Json;
using System.Text.Json.Serialization;
using HealthDataNode.ServiceDefaults.Identity;
using HealthDataNode.ServiceDefaults.Problems;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthDataNode.ServiceDefaults;

/// <summary>What every service of the node has: telemetry, health, identity, problem details, limits, draining.</summary>
public static class ServiceDefaultsExtensions
{
    /// <summary>The largest request body unless an endpoint says otherwise: 1 MiB.</summary>
    public const long MaxRequestBytes = 1024 * 1024;

    /// <summary>Adds the defaults. The service's name is its audience, its party id and its telemetry name.</summary>
    public static WebApplicationBuilder AddServiceDefaults(this WebApplicationBuilder builder, string service)
    {
        builder.Services.AddSingleton(new ServiceName(service));
        builder.Services.AddSingleton(TimeProvider.System);
        builder.AddTelemetry(service);
        builder.AddProblems();
        builder.AddTokenValidation(service);
        builder.Services.AddHealthChecks().AddCheck("self", () => HealthCheckResult.Healthy(), ["live"]);
        builder.Services.AddServiceDiscovery();
        builder.Services.ConfigureHttpJsonOptions(options => Configure(options.SerializerOptions));
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromSeconds(5));
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = MaxRequestBytes;
        });
        builder.Services.AddOpenApi(
            "v1",
            options =>
            {
                // Each use case has its own Request and Response: GetHead.Response is GetHeadResponse in the document.
                options.CreateSchemaReferenceId = json =>
                    OpenApiOptions.CreateDefaultSchemaReferenceId(json) is { } id ? json.Type.DeclaringType?.Name + id : null;
                options.AddDocumentTransformer(
                    (document, _, _) =>
                    {
                        // The service's own name, whichever program hosts it.
                        document.Info.Title = service;
                        document.Info.Version = "v1";
                        return Task.CompletedTask;
                    }
                );
            }
        );
        return builder;
    }

    /// <summary>The order of the pipeline: problems outermost, then the record of refusals, then identity.</summary>
    public static WebApplication UseServiceDefaults(this WebApplication app)
    {
        app.UseExceptionHandler(new ExceptionHandlerOptions { StatusCodeSelector = ProblemsExtensions.StatusOf });
        // Around the status pages, so that a refusal by the framework has its problem type when it is recorded.
        app.UseMiddleware<RefusalRecorder>();
        app.UseStatusCodePages();
        app.UseAuthentication();
        app.Use(NothingThere);
        app.UseAuthorization();
        app.MapHealthChecks("/health").AllowAnonymous().ShortCircuit();
        app.MapHealthChecks("/alive", new HealthCheckOptions { Predicate = check => check.Tags.Contains("live") })
            .AllowAnonymous()
            .ShortCircuit();
        app.MapOpenApi("/openapi/{documentName}.json").AllowAnonymous();
        return app;
    }

    // Before anybody is asked who they are: a token would not help to find what does not exist.
    private static Task NothingThere(HttpContext context, RequestDelegate next)
    {
        if (context.GetEndpoint() is not null)
        {
            return next(context);
        }
        context.Response.StatusCode = StatusCodes.Status404NotFound;
        return Task.CompletedTask;
    }

    /// <summary>JSON as every service writes and reads it: camelCase, enums as kebab-case text, no unknown members.</summary>
    public static void Configure(JsonSerializerOptions options)
    {
        options.PropertyNamingPolicy = JsonNamingPolicy.CamelCase;
        options.DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull;
        options.UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow;
        options.RespectRequiredConstructorParameters = true;
        options.RespectNullableAnnotations = true;
        options.Converters.Add(new JsonStringEnumConverter(JsonNamingPolicy.KebabCaseLower));
    }
}

/// <summary>The name of the running service.</summary>
public sealed record ServiceName(string Value);
