using Npgsql;

namespace HealthDataNode.Setup;

/// <summary>One database and two roles per service: an owner for the schema, a runtime role without DDL.</summary>
internal static class Databases
{
    public static async Task PrepareAsync(SetupOptions place)
    {
        await using var superuser = NpgsqlDataSource.Create(place.Postgres + ";Pooling=false");
        foreach (var database in Schemas.Databases)
        {
            await PrepareAsync(superuser, place, database);
        }
    }

    private static async Task PrepareAsync(NpgsqlDataSource superuser, SetupOptions place, string name)
    {
        await RoleAsync(superuser, name + "_owner", place.Secret(name + "-owner-db"));
        await RoleAsync(superuser, name, place.Secret(name + "-db"));
        if (!await ExistsAsync(superuser, "SELECT 1 FROM pg_database WHERE datname = $1", name))
        {
            await ExecuteAsync(superuser, $"CREATE DATABASE {name} OWNER {name}_owner");
        }
        await ExecuteAsync(superuser, $"REVOKE ALL ON DATABASE {name} FROM PUBLIC");
        await ExecuteAsync(superuser, $"GRANT CONNECT ON DATABASE {name} TO {name}");
        await using var inside = NpgsqlDataSource.Create(place.Postgres + $";Database={name};Pooling=false");
        await ExecuteAsync(inside, "REVOKE ALL ON SCHEMA public FROM PUBLIC");
    }

    private static async Task RoleAsync(NpgsqlDataSource superuser, string role, string password)
    {
        var verb = await ExistsAsync(superuser, "SELECT 1 FROM pg_roles WHERE rolname = $1", role) ? "ALTER" : "CREATE";
        // The password is ours: hexadecimal or base64, never with a quote.
        await ExecuteAsync(
            superuser,
            $"{verb} ROLE {role} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD '{password.Replace("'", "''", StringComparison.Ordinal)}'"
        );
    }

    private static async Task<bool> ExistsAsync(NpgsqlDataSource database, string sql, string name)
    {
        await using var command = database.CreateCommand(sql);
        command.Parameters.AddWithValue(name);
        return await command.ExecuteScalarAsync() is not null;
    }

    private static async Task ExecuteAsync(NpgsqlDataSource database, string sql)
    {
        await using var command = database.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }
}
