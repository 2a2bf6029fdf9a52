namespace HealthDataNode.Services.Tests.Gateway;

/// <summary>One stage for all the tests of a class; each test has a permit of its own.</summary>
public sealed class StageFixture(PostgresFixture postgres) : IAsyncLifetime
{
    internal Stage Stage { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Stage = await Stage.StartAsync(postgres);

    public ValueTask DisposeAsync() => Stage.DisposeAsync();
}
