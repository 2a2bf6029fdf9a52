using Npgsql;

namespace HealthDataNode.Services.Tests;

public sealed class Starting_a_test_database(PostgresFixture postgres)
{
    [Fact]
    public async Task Gives_the_runtime_role_no_right_to_change_the_schema()
    {
        await using var connection = new NpgsqlConnection(await postgres.CreateDatabaseAsync("issuer"));
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await using var command = new NpgsqlCommand("CREATE TABLE public.nothing (id int)", connection);
        var refusal = await Assert.ThrowsAsync<PostgresException>(() =>
            command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken)
        );
        Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, refusal.SqlState);
    }
}
