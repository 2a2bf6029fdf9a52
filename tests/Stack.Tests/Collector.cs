using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace HealthDataNode.Stack.Tests;

/// <summary>Where the stack exports its telemetry to (OTLP over HTTP, protobuf): keeps spans, and every byte for a later look.</summary>
internal sealed class Collector : IAsyncDisposable
{
    private readonly ConcurrentBag<Span> spans = [];
    private readonly ConcurrentBag<byte[]> received = [];
    private readonly WebApplication app;

    public Collector()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.SetMinimumLevel(LogLevel.Error);
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        app = builder.Build();
        app.MapPost("/v1/{signal}", (Delegate)ReceiveAsync);
    }

    public string Address => app.Urls.First();

    /// <summary>Every export so far, whole.</summary>
    public IReadOnlyCollection<byte[]> Received => received;

    public Task StartAsync() => app.StartAsync();

    /// <summary>The services that have a span in a trace.</summary>
    public HashSet<string> ServicesIn(string traceId) => [.. spans.Where(span => span.TraceId == traceId).Select(span => span.Service)];

    public ValueTask DisposeAsync() => app.DisposeAsync();

    private async Task<IResult> ReceiveAsync(HttpContext context, string signal)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        var bytes = body.ToArray();
        if (signal is "traces")
        {
            foreach (var span in Spans.Read(bytes))
            {
                spans.Add(span);
            }
        }
        if (signal is "traces" or "logs")
        {
            received.Add(bytes);
        }
        return Results.Bytes([], "application/x-protobuf");
    }
}
