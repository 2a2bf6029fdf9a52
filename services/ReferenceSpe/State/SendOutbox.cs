using System.Net.Http.Headers;
using System.Text;
using HealthDataNode.Protocol.Problems;
using HealthDataNode.ReferenceSpe.Node;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthDataNode.ReferenceSpe.State;

/// <summary>Sends receipts and audit entries to the node until it accepts them.</summary>
internal sealed class SendOutbox(Outbox outbox, OutboxFilled filled, NodeClients node, ILogger<SendOutbox> log) : BackgroundService
{
    private const int Batch = 50;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            foreach (var message in outbox.Due(Batch))
            {
                await SendAsync(message, stoppingToken);
            }

            await filled.Pulse.WaitAsync(stoppingToken);
        }
    }

    private async Task SendAsync(Outbox.Message message, CancellationToken cancellationToken)
    {
        using var activity = Telemetry.Continue($"send {message.Api}", message.TraceParent);
        try
        {
            using var client = node.For(message.Api);
            using var content = new StringContent(message.Body, Encoding.ASCII, new MediaTypeHeaderValue("application/jose"));
            using var response = await client.PostAsync(new Uri(message.Path, UriKind.Relative), content, cancellationToken);
            await ProtocolProblem.EnsureSuccessAsync(response, cancellationToken);
            outbox.Accepted(message);
        }
        catch (Exception exception) when (NodeClients.IsFault(exception, cancellationToken))
        {
            outbox.Failed(message);
            if (message.Attempts is 3 or 10 || message.Attempts % 60 == 59)
            {
                log.LogWarning(
                    "A message to {Api} was not accepted {Attempts} times: {Reason}",
                    message.Api,
                    message.Attempts + 1,
                    exception is ProtocolProblemException refused ? refused.Problem.Type : exception.GetType().Name
                );
            }
        }
    }
}

/// <summary>Degraded while a message cannot be got rid of.</summary>
internal sealed class OutboxHealth(Outbox outbox) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(
            outbox.Stuck() is > 0 and var stuck
                ? HealthCheckResult.Degraded($"{stuck} messages to the node are not accepted.")
                : HealthCheckResult.Healthy()
        );
}
