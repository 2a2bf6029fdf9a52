using HealthDataNode.Pseudonymisation.Domain;
using Npgsql;

namespace HealthDataNode.Pseudonymisation.Persistence;

/// <summary>
/// The registers as they were at a number: what has been numbered never changes, so what was made of it is kept in
/// memory for the orders that are open, a few at a time.
/// </summary>
internal sealed class PersonRegisters(NpgsqlDataSource database) : IDisposable
{
    private const int Kept = 4;
    private readonly Kept<(long List, long Through), WithheldPersons> withheld = new(Kept);
    private readonly Kept<long, IdentityHistory> histories = new(Kept);

    /// <summary>Who is withheld: opted out by a list, or protected; by identities and addresses up to a change.</summary>
    public Task<WithheldPersons> WithheldAsync(long list, long through, CancellationToken cancellationToken) =>
        withheld.GetAsync(
            (list, through),
            async () =>
            {
                var standing = new Standing(await HistoryAsync(through, cancellationToken));
                await ReadAsync(
                    "SELECT person, choice = 'out' FROM pseudonymisation.opt_out_declarations WHERE number <= $1 ORDER BY number",
                    [list],
                    row => standing.Declare(PersonAt(row, 0), row.GetBoolean(1)),
                    cancellationToken
                );
                await ReadAsync(
                    "SELECT person, kind = 'P' FROM pseudonymisation.population_changes WHERE kind IN ('P', 'O') AND number <= $1 ORDER BY number",
                    [through],
                    row => standing.Protect(PersonAt(row, 0), row.GetBoolean(1)),
                    cancellationToken
                );
                return standing.Withheld();
            },
            cancellationToken
        );

    /// <summary>The identity history up to a change. Nobody adds to it.</summary>
    public Task<IdentityHistory> HistoryAsync(long through, CancellationToken cancellationToken) =>
        histories.GetAsync(through, () => ReadHistoryAsync(through, cancellationToken), cancellationToken);

    /// <summary>Persons that became one between two changes, in their order.</summary>
    public async Task<IReadOnlyList<IdentityHistory.Merge>> MergesAsync(long from, long through, CancellationToken cancellationToken)
    {
        var history = await ReadHistoryAsync(from, cancellationToken);
        var merges = new List<IdentityHistory.Merge>();
        await ReadAsync(
            "SELECT person, other FROM pseudonymisation.population_changes WHERE kind = 'N' AND number > $1 AND number <= $2 ORDER BY number",
            [from, through],
            row =>
            {
                if (history.Apply(PersonAt(row, 0), PersonAt(row, 1)) is { } merge)
                {
                    merges.Add(merge);
                }
            },
            cancellationToken
        );
        return merges;
    }

    /// <summary>The list as it stood at a moment: the number of the last declaration until then.</summary>
    public async Task<long> ListOnAsync(DateTimeOffset moment, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            "SELECT coalesce(max(number), 0) FROM pseudonymisation.opt_out_declarations WHERE at <= $1"
        );
        command.Parameters.AddWithValue(moment.ToUniversalTime());
        return (long)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    public void Dispose()
    {
        withheld.Dispose();
        histories.Dispose();
    }

    private async Task<IdentityHistory> ReadHistoryAsync(long through, CancellationToken cancellationToken)
    {
        var history = new IdentityHistory();
        await ReadAsync(
            "SELECT person, other FROM pseudonymisation.population_changes WHERE kind = 'N' AND number <= $1 ORDER BY number",
            [through],
            row => history.Apply(PersonAt(row, 0), PersonAt(row, 1)),
            cancellationToken
        );
        return history;
    }

    private async Task ReadAsync(string sql, long[] numbers, Action<NpgsqlDataReader> row, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(sql);
        foreach (var number in numbers)
        {
            command.Parameters.AddWithValue(number);
        }
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            row(reader);
        }
    }

    private static UInt128 PersonAt(NpgsqlDataReader row, int column) => Person.Of(row.GetFieldValue<byte[]>(column));
}

/// <summary>The few values used last; made once, by one caller at a time.</summary>
internal sealed class Kept<TKey, TValue>(int most) : IDisposable
    where TKey : notnull
{
    private readonly SemaphoreSlim gate = new(1, 1);
    private readonly List<(TKey Key, TValue Value)> values = [];

    public async Task<TValue> GetAsync(TKey key, Func<Task<TValue>> make, CancellationToken cancellationToken)
    {
        await gate.WaitAsync(cancellationToken);
        try
        {
            var at = values.FindIndex(known => EqualityComparer<TKey>.Default.Equals(known.Key, key));
            var found = at >= 0 ? values[at] : (key, await make());
            if (at >= 0)
            {
                values.RemoveAt(at);
            }
            values.Add(found);
            if (values.Count > most)
            {
                values.RemoveAt(0);
            }
            return found.Item2;
        }
        finally
        {
            gate.Release();
        }
    }

    public void Dispose() => gate.Dispose();
}
