using System.Reflection;
using DbUp;
using DbUp.Engine;
using Npgsql;

namespace HealthDataNode.Setup;

/// <summary>Applies each service's numbered SQL scripts, once each, as the owner of its database.</summary>
internal static class Schemas
{
    private static readonly Assembly Assembly = typeof(Schemas).Assembly;

    /// <summary>The databases: those of the services that bring scripts.</summary>
    public static IReadOnlyList<string> Databases { get; } =
    [.. Assembly.GetManifestResourceNames().Where(IsScript).Select(DatabaseOf).Distinct().Order(StringComparer.Ordinal)];

    public static Task ApplyAsync(SetupOptions place)
    {
        foreach (var database in Databases)
        {
            Apply(place, database);
        }
        return Task.CompletedTask;
    }

    private static void Apply(SetupOptions place, string database)
    {
        var owner = new NpgsqlConnectionStringBuilder(place.Postgres)
        {
            Database = database,
            Username = database + "_owner",
            Password = place.Secret(database + "-owner-db"),
            Pooling = false,
        };
        using (var connection = new NpgsqlConnection(owner.ConnectionString))
        {
            connection.Open();
            using var schema = new NpgsqlCommand("CREATE SCHEMA IF NOT EXISTS setup", connection);
            schema.ExecuteNonQuery();
        }
        var result = DeployChanges
            .To.PostgresqlDatabase(owner.ConnectionString)
            .WithScripts(Scripts(database))
            .WithVariablesDisabled()
            .WithTransactionPerScript()
            .JournalToPostgresqlTable("setup", "scripts")
            .LogToNowhere()
            .Build()
            .PerformUpgrade();
        if (!result.Successful)
        {
            throw new SetupException($"Script {result.ErrorScript?.Name} failed in database {database}: {result.Error.Message}");
        }
    }

    private static IEnumerable<SqlScript> Scripts(string database)
    {
        // The development issuer publishes nothing; every other database has the messaging schema.
        var names = Assembly
            .GetManifestResourceNames()
            .Where(name =>
                IsScript(name) && DatabaseOf(name) == database
                || name.StartsWith("messaging/", StringComparison.Ordinal) && database != "issuer"
            );
        return names
            .OrderBy(name => IsScript(name))
            .ThenBy(name => name, StringComparer.Ordinal)
            .Select(name => new SqlScript(
                name[(name.LastIndexOf('/') + 1)..],
                Read(name).Replace("__RUNTIME__", database, StringComparison.Ordinal)
            ));
    }

    private static bool IsScript(string resource) => resource.StartsWith("sql/", StringComparison.Ordinal);

    // sql/Permit/Permit/Persistence/001-permit.sql belongs to database permit.
    private static string DatabaseOf(string resource)
    {
        var service = resource.Split('/')[1].ToLowerInvariant();
        return service == "developmentissuer" ? "issuer" : service;
    }

    internal static string Read(string resource)
    {
        using var stream = Assembly.GetManifestResourceStream(resource)!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
