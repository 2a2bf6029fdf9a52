using System.Diagnostics;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace HealthDataNode.ReferenceSpe;

/// <summary>Traces, metrics and logs over OTLP where an endpoint is named; nothing of what is in a room.</summary>
internal static class Telemetry
{
    /// <summary>Spans of opening a delivery and running a job.</summary>
    public static readonly ActivitySource Source = new("HealthDataNode.ReferenceSpe");

    public static void AddTelemetry(this WebApplicationBuilder builder, string party)
    {
        builder.Logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning).AddFilter("System.Net.Http", LogLevel.Warning);
        builder.Logging.AddOpenTelemetry(logs => logs.IncludeScopes = false);
        var telemetry = builder
            .Services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService(party))
            .WithTracing(traces =>
                traces
                    .AddSource(Source.Name)
                    .AddAspNetCoreInstrumentation(options => options.Filter = IsNotProbe)
                    .AddHttpClientInstrumentation()
            )
            .WithMetrics(metrics => metrics.AddAspNetCoreInstrumentation().AddHttpClientInstrumentation());
        if (!string.IsNullOrEmpty(builder.Configuration["OTEL_EXPORTER_OTLP_ENDPOINT"]))
        {
            telemetry.UseOtlpExporter();
        }
    }

    /// <summary>Goes on in the trace that something came with, however long ago.</summary>
    public static Activity? Continue(string name, string? traceparent) =>
        ActivityContext.TryParse(traceparent, null, isRemote: true, out var parent)
            ? Source.StartActivity(name, ActivityKind.Consumer, parent)
            : Source.StartActivity(name, ActivityKind.Consumer);

    private static bool IsNotProbe(HttpContext context) =>
        !context.Request.Path.StartsWithSegments("/health") && !context.Request.Path.StartsWithSegments("/alive");
}
