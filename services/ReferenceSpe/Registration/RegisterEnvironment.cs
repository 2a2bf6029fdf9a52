using HealthDataNode.Protocol.Problems;
using HealthDataNode.ReferenceSpe.Node;

namespace HealthDataNode.ReferenceSpe.Registration;

/// <summary>Tells the registry this SPE's addresses and encryption key: at start, and daily (a key has an end).</summary>
internal sealed class RegisterEnvironment(
    EncryptionKeys keys,
    NodeClients node,
    SpeOptions options,
    TimeProvider time,
    ILogger<RegisterEnvironment> log
) : BackgroundService
{
    private static readonly TimeSpan Again = TimeSpan.FromDays(1);

    private sealed record Endpoints(string Name, string Org, string IngressUrl, string DoorUrl, string EncryptionKey);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var failures = 0;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await RegisterAsync(stoppingToken);
                failures = 0;
                await Task.Delay(Again, time, stoppingToken);
            }
            catch (Exception exception) when (NodeClients.IsFault(exception, stoppingToken))
            {
                if (failures++ % 20 == 5)
                {
                    log.LogWarning(
                        "The registry has not taken the registration: {Reason}",
                        exception is ProtocolProblemException refused ? refused.Message : exception.GetType().Name
                    );
                }

                await Task.Delay(TimeSpan.FromMilliseconds(Math.Min(30_000, 500 << Math.Min(failures, 6))), time, stoppingToken);
            }
        }
    }

    private async Task RegisterAsync(CancellationToken cancellationToken)
    {
        var key = keys.Current();
        using var client = node.For("speregistry");
        using var response = await client.PutAsJsonAsync(
            $"speregistry/v1/environments/{options.Party}/endpoints",
            new Endpoints(
                options.Name,
                options.Org,
                new Uri(options.Door, "ingress/v1").AbsoluteUri,
                options.Door.AbsoluteUri.TrimEnd('/'),
                key.Text
            ),
            cancellationToken
        );
        await ProtocolProblem.EnsureSuccessAsync(response, cancellationToken);
        log.LogInformation("Registered at the node with encryption key {Sequence}", key.Payload.Sequence);
    }
}
