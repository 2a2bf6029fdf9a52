using HealthDataNode.Protocol.Trust;
using HealthDataNode.Pseudonymisation.Contracts.V1;
using HealthDataNode.ServiceDefaults.Messaging;

namespace HealthDataNode.Pseudonymisation.Keys;

/// <summary>
/// Development only (<c>./run --tap</c>): each permit key that is made is written to <c>Tap:Directory</c> too, so that
/// the search for leaks can compute afterwards what must be nowhere. Arming it is an audit entry.
/// </summary>
internal sealed class KeyTap : IHostedService
{
    private readonly string? directory;
    private readonly IOutboxWriter outbox;
    private readonly TimeProvider time;

    public KeyTap(IConfiguration configuration, IHostEnvironment environment, IOutboxWriter outbox, TimeProvider time)
    {
        (this.outbox, this.time) = (outbox, time);
        directory = configuration["Tap:Directory"] is { Length: > 0 } armed ? armed : null;
        if (directory is not null && !environment.IsDevelopment())
        {
            throw new InvalidOperationException("Tap__Directory is for development alone: unset it.");
        }
    }

    /// <summary>Where a lineage's key survives its shredding, if this or an earlier run kept it: the record of it says so.</summary>
    public IEnumerable<string> PlacesOf(string lineage) =>
        directory is not null && File.Exists(PathOf(directory, lineage)) ? [Path.GetFullPath(directory)] : [];

    /// <summary>A key was made.</summary>
    public void Keep(string lineage, ReadOnlySpan<byte> key)
    {
        if (directory is not null)
        {
            PrivateFile.Write(PathOf(directory, lineage), key);
        }
    }

    public Task StartAsync(CancellationToken cancellationToken) =>
        directory is null
            ? Task.CompletedTask
            : outbox.WriteAsync(ContractName.Of(typeof(KeyTapArmed)), new KeyTapArmed(time.GetUtcNow()), cancellationToken);

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private static string PathOf(string directory, string lineage) => Path.Combine(directory, $"{lineage}.key");
}
