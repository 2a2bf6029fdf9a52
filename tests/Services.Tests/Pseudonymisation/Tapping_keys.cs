using HealthDataNode.Pseudonymisation.Keys;
using HealthDataNode.ServiceDefaults.Messaging;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Hosting.Internal;

namespace HealthDataNode.Services.Tests.Pseudonymisation;

public sealed class Tapping_keys(PostgresFixture postgres) : IDisposable
{
    private readonly string directory = Directory.CreateTempSubdirectory("hdn-tap-").FullName;

    public void Dispose() => Directory.Delete(directory, recursive: true);

    [Fact]
    public async Task Writes_each_key_that_is_made_and_tells_the_audit_log_that_it_does()
    {
        await using var world = await PseudonymisationWorld.StartAsync(
            postgres,
            settings: new() { ["Tap:Directory"] = directory, ["environment"] = "Development" }
        );
        var order = await world.OpenAsync();
        var tapped = Path.Combine(directory, $"{order.Lineage}.key");
        Assert.Equal(
            await File.ReadAllBytesAsync(world.KeyFile(order.Lineage), TestContext.Current.CancellationToken),
            await File.ReadAllBytesAsync(tapped, TestContext.Current.CancellationToken)
        );
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(tapped));
        Assert.Single(await Outbox.EventsAsync(world.Database, "pseudonymisation.key-tap-armed"));

        // The copy outlives the key, and the places of the signed record say so.
        var reached = world.Host.Services.GetRequiredService<IPermitKeyStore>().Shred(order.Lineage);
        Assert.Equal([world.PermitKeys, directory], reached.Places);
        Assert.True(File.Exists(tapped));
    }

    [Fact]
    public async Task Writes_none_and_says_nothing_when_it_is_not_armed()
    {
        await using var world = await PseudonymisationWorld.StartAsync(postgres);
        await world.OpenAsync();
        Assert.Empty(await Outbox.EventsAsync(world.Database, "pseudonymisation.key-tap-armed"));
        Assert.Empty(Directory.EnumerateFileSystemEntries(directory));
    }

    [Fact]
    public void Starts_nothing_outside_development()
    {
        var armed = new ConfigurationManager { ["Tap:Directory"] = directory };
        var production = new HostingEnvironment { EnvironmentName = Environments.Production };
        Assert.Throws<InvalidOperationException>(() => new KeyTap(armed, production, new Nobody(), TimeProvider.System));
    }

    private sealed class Nobody : IOutboxWriter
    {
        public Task WriteAsync<T>(string contract, T message, CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
