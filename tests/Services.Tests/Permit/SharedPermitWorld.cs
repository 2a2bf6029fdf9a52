namespace HealthDataNode.Services.Tests.Permit;

/// <summary>One running service for the tests of a class that leave nothing behind which another of them could see.</summary>
public sealed class SharedPermitWorld(PostgresFixture postgres) : IAsyncLifetime
{
    internal PermitWorld World { get; private set; } = null!;

    public async ValueTask InitializeAsync() => World = await PermitWorld.StartAsync(postgres);

    public ValueTask DisposeAsync() => World.DisposeAsync();
}
