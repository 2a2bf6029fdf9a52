using HealthDataNode.ReferenceSpe.State;
using Microsoft.Data.Sqlite;

namespace HealthDataNode.Services.Tests.ReferenceSpe;

/// <summary>The SPE's own database from one start to the next.</summary>
public sealed class Keeping_its_state : IAsyncLifetime
{
    private readonly SpeWorld world = new();

    public async ValueTask InitializeAsync()
    {
        await world.StartAsync();
        await world.StopAsync();
    }

    public ValueTask DisposeAsync() => world.DisposeAsync();

    [Fact]
    public Task Is_taken_up_by_the_same_version() => world.StartAsync();

    [Theory]
    [InlineData(0)]
    [InlineData(1_000)]
    public async Task Is_not_guessed_at_by_another_version_which_says_what_to_do(int version)
    {
        var path = Path.Combine(world.Data, "state.db");
        using (var connection = new SqliteConnection($"Data Source={path};Pooling=False"))
        {
            connection.Open();
            connection.Execute($"PRAGMA user_version = {version}");
        }

        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => world.StartAsync());
        Assert.StartsWith($"{path} was made by another version of this program: ", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refused.Message);
    }
}
