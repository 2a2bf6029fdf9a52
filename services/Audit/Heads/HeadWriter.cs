using System.Security.Cryptography;
using HealthDataNode.Audit.Domain;
using HealthDataNode.Audit.Persistence;
using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Trust;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;

namespace HealthDataNode.Audit.Heads;

/// <summary>
/// Signs the chain's head every second while there are new entries. It does not sign a chain that contradicts the head
/// before: a rewritten log must not become the signed one.
/// </summary>
public sealed partial class HeadWriter(
    IServiceScopeFactory scopes,
    DocumentSigner signer,
    AuditOptions options,
    TimeProvider time,
    ILogger<HeadWriter> logger
) : BackgroundService, IHealthCheck
{
    private bool contradicted;

    /// <inheritdoc />
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(
            contradicted
                ? HealthCheckResult.Degraded("The chain contradicts the last signed head. See /v1/verification.")
                : HealthCheckResult.Healthy()
        );

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            using var file = HeadFile.TryOpen(options.Directory);
            try
            {
                while (file is not null)
                {
                    await SignAsync(file, stoppingToken);
                    await Task.Delay(options.HeadInterval, stoppingToken);
                }
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception) when (exception is NpgsqlException or IOException or InvalidOperationException)
            {
                NotSigned(exception.GetType().Name);
            }
            await Task.Delay(options.HeadInterval, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task SignAsync(HeadFile file, CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var entries = scope.ServiceProvider.GetRequiredService<AuditDb>().Entries.AsNoTracking();
        var last = file.Last() is { } line ? SignedHeads.Unverified(line) : null;
        if (last is not null)
        {
            var hash = await entries.Where(e => e.Sequence == last.Sequence).Select(e => e.Hash).SingleOrDefaultAsync(cancellationToken);
            contradicted = hash is null || Convert.ToHexStringLower(hash) != last.Hash;
            if (contradicted)
            {
                Contradicted(last.Sequence);
                return;
            }
        }
        var newest = await entries
            .OrderByDescending(e => e.Sequence)
            .Select(e => new { e.Sequence, e.Hash })
            .FirstOrDefaultAsync(cancellationToken);
        if (newest is null || newest.Sequence <= (last?.Sequence ?? 0))
        {
            return;
        }
        var head = new AuditHead
        {
            Sequence = newest.Sequence,
            Hash = Convert.ToHexStringLower(newest.Hash),
            At = time.GetUtcNow().ToUnixTimeSeconds(),
        };
        file.Append(signer.Sign(head).Text);
    }

    [LoggerMessage(LogLevel.Warning, "Cannot sign a head now ({Reason}); trying again")]
    private partial void NotSigned(string reason);

    [LoggerMessage(LogLevel.Critical, "The chain contradicts the head signed at {Sequence}; signing nothing more")]
    private partial void Contradicted(long sequence);
}
