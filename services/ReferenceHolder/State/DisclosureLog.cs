using Microsoft.Data.Sqlite;

namespace HealthDataNode.ReferenceHolder.State;

/// <summary>What was delivered for one order.</summary>
/// <param name="Order">The order's id.</param>
/// <param name="Lineage">The permit's lineage.</param>
/// <param name="Date">When it was delivered.</param>
/// <param name="Source">The source.</param>
/// <param name="Categories">The columns that were in it.</param>
public sealed record Disclosure(string Order, string Lineage, DateOnly Date, string Source, IReadOnlyList<string> Categories);

/// <summary>
/// Whose data went out under which permit, when and what (GDPR 15(1)(c), EHDS 58): from it a citizen is told. It is the
/// holder's own knowledge of its own register, kept where that is kept; tokens, and every key behind them, may be gone
/// long before.
/// </summary>
public sealed class DisclosureLog
{
    private readonly string connectionString;

    public DisclosureLog(HolderOptions options)
    {
        Directory.CreateDirectory(options.Directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        connectionString = new SqliteConnectionStringBuilder
        {
            DataSource = Path.Combine(options.Directory, "disclosures.db"),
            Pooling = false,
        }.ToString();
        using var connection = Open();
        Execute(
            connection,
            """
            PRAGMA journal_mode = WAL;
            CREATE TABLE IF NOT EXISTS deliveries (
                number INTEGER PRIMARY KEY AUTOINCREMENT, order_id TEXT NOT NULL UNIQUE, lineage TEXT NOT NULL,
                date TEXT NOT NULL, source TEXT NOT NULL, categories TEXT NOT NULL) STRICT;
            CREATE TABLE IF NOT EXISTS persons (
                person_id TEXT NOT NULL, delivery INTEGER NOT NULL REFERENCES deliveries,
                PRIMARY KEY (person_id, delivery)) STRICT, WITHOUT ROWID;
            CREATE VIEW IF NOT EXISTS disclosures AS
                SELECT person_id, lineage, date, source, categories FROM persons JOIN deliveries ON number = delivery;
            """
        );
    }

    /// <summary>Writes a delivery down, all of it or nothing; the same order again changes nothing.</summary>
    public void Write(Disclosure disclosure, IEnumerable<string> persons)
    {
        using var connection = Open();
        using var transaction = connection.BeginTransaction();
        using var delivery = connection.CreateCommand();
        delivery.CommandText =
            "INSERT INTO deliveries (order_id, lineage, date, source, categories) VALUES ($order, $lineage, $date, $source, $categories) ON CONFLICT DO NOTHING RETURNING number";
        delivery.Parameters.AddWithValue("$order", disclosure.Order);
        delivery.Parameters.AddWithValue("$lineage", disclosure.Lineage);
        delivery.Parameters.AddWithValue("$date", disclosure.Date.ToString("O"));
        delivery.Parameters.AddWithValue("$source", disclosure.Source);
        delivery.Parameters.AddWithValue("$categories", string.Join(' ', disclosure.Categories));
        if (delivery.ExecuteScalar() is not long number)
        {
            return;
        }
        using var person = connection.CreateCommand();
        person.CommandText = "INSERT INTO persons VALUES ($person, $delivery)";
        var identifier = person.Parameters.Add("$person", SqliteType.Text);
        person.Parameters.AddWithValue("$delivery", number);
        person.Prepare();
        foreach (var one in persons)
        {
            identifier.Value = one;
            person.ExecuteNonQuery();
        }
        transaction.Commit();
    }

    /// <summary>What was disclosed of a person, oldest first.</summary>
    public IReadOnlyList<Disclosure> Of(string person)
    {
        using var connection = Open();
        using var select = connection.CreateCommand();
        select.CommandText =
            "SELECT order_id, lineage, date, source, categories FROM persons JOIN deliveries ON number = delivery WHERE person_id = $person ORDER BY number";
        select.Parameters.AddWithValue("$person", person);
        using var reader = select.ExecuteReader();
        var found = new List<Disclosure>();
        while (reader.Read())
        {
            found.Add(
                new Disclosure(
                    reader.GetString(0),
                    reader.GetString(1),
                    DateOnly.ParseExact(reader.GetString(2), "O"),
                    reader.GetString(3),
                    reader.GetString(4).Split(' ')
                )
            );
        }
        return found;
    }

    private SqliteConnection Open()
    {
        var connection = new SqliteConnection(connectionString);
        connection.Open();
        Execute(connection, "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON");
        return connection;
    }

    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
