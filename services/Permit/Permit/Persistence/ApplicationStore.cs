using HealthDataNode.Permit.Domain;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace HealthDataNode.Permit.Persistence;

/// <summary>Reads applications from their events; appends events and their projection, and the outbox, in one transaction.</summary>
public sealed class ApplicationStore(PermitDb database, TimeProvider time)
{
    /// <summary>Folds an application, or null.</summary>
    public async Task<Application?> LoadAsync(Guid id, CancellationToken cancellationToken)
    {
        var rows = await database
            .Events.AsNoTracking()
            .Where(row => row.ApplicationId == id)
            .OrderBy(row => row.Sequence)
            .ToListAsync(cancellationToken);
        return Application.Fold(id, EventJson.ToEvents(rows));
    }

    /// <summary>The application behind a case of an authority, or null.</summary>
    public async Task<Application?> LoadCaseAsync(Guid id, string? authority, CancellationToken cancellationToken)
    {
        var application = await database
            .Cases.Where(row => row.Id == id && row.Authority == authority)
            .Select(row => (Guid?)row.ApplicationId)
            .SingleOrDefaultAsync(cancellationToken);
        return application is null ? null : await LoadAsync(application.Value, cancellationToken);
    }

    /// <summary>The application behind a permit, or null.</summary>
    public async Task<Application?> LoadLineageAsync(string lineage, CancellationToken cancellationToken)
    {
        var application = await database
            .Permits.Where(row => row.Lineage == lineage)
            .Select(row => (Guid?)row.ApplicationId)
            .FirstOrDefaultAsync(cancellationToken);
        return application is null ? null : await LoadAsync(application.Value, cancellationToken);
    }

    /// <summary>
    /// Appends to what was read as <paramref name="before"/> and saves everything that the context holds.
    /// Null when somebody else changed it meanwhile; nothing is saved then. They happened <paramref name="at"/>, where
    /// something was signed that says so, else now.
    /// </summary>
    public async Task<Application?> AppendAsync(
        Application? before,
        Guid id,
        string actor,
        IEnumerable<ApplicationEvent> events,
        CancellationToken cancellationToken,
        DateTimeOffset? at = null
    )
    {
        var now = Microseconds(at ?? time.GetUtcNow());
        var after = before;
        foreach (var happened in events)
        {
            var recorded = new RecordedEvent((after?.Version ?? 0) + 1, now, actor, happened);
            after = Application.Apply(id, after, recorded);
            database.Events.Add(EventJson.ToRow(id, recorded));
        }
        try
        {
            await ProjectAsync(before, after!, cancellationToken);
            await database.SaveChangesAsync(cancellationToken);
            return after;
        }
        catch (DbUpdateConcurrencyException)
        {
            return null;
        }
        catch (DbUpdateException exception)
            when (exception.InnerException is PostgresException { SqlState: PostgresErrorCodes.UniqueViolation })
        {
            return null;
        }
    }

    private async Task ProjectAsync(Application? before, Application after, CancellationToken cancellationToken)
    {
        var rows = Projection.Of(after);
        var stored = await database.Applications.FindAsync([after.Id], cancellationToken);
        if ((stored?.Version ?? 0) != (before?.Version ?? 0))
        {
            throw new DbUpdateConcurrencyException("Changed since it was read.");
        }
        Put(rows.Application, stored);
        var cases = rows.Cases.Select(row => row.Id).ToList();
        await PutAsync(rows.Cases, database.Cases.Where(row => cases.Contains(row.Id)), row => row.Id, cancellationToken);
        await PutAsync(
            rows.Clocks,
            database.Clocks.Where(row => cases.Contains(row.CaseId)),
            row => (row.CaseId, row.Number),
            cancellationToken
        );
        await PutAsync(
            rows.Suspensions,
            database.Suspensions.Where(row => cases.Contains(row.CaseId)),
            row => (row.CaseId, row.Clock, row.Number),
            cancellationToken
        );
        await PutAsync(
            rows.Stages,
            database.Stages.Where(row => cases.Contains(row.CaseId)),
            row => (row.CaseId, row.Number),
            cancellationToken
        );
        await PutAsync(rows.Approvals, database.Approvals.Where(row => row.ApplicationId == after.Id), row => row.Kind, cancellationToken);
        await PutAsync(
            rows.Permits,
            database.Permits.Where(row => row.ApplicationId == after.Id),
            // With the lineage: somebody who decides at the same time has made another one, and one of the two is refused below.
            row => (row.Lineage, row.Version),
            cancellationToken
        );
    }

    private async Task PutAsync<T, TKey>(
        IReadOnlyList<T> rows,
        IQueryable<T> stored,
        Func<T, TKey> key,
        CancellationToken cancellationToken
    )
        where T : class
        where TKey : notnull
    {
        if (rows.Count == 0)
        {
            return;
        }
        var known = (await stored.ToListAsync(cancellationToken)).ToDictionary(key);
        foreach (var row in rows)
        {
            Put(row, known.GetValueOrDefault(key(row)));
        }
    }

    private void Put<T>(T row, T? stored)
        where T : class
    {
        if (stored is null)
        {
            database.Add(row);
            return;
        }
        var entry = database.Entry(stored);
        foreach (var property in entry.Properties.Where(property => !property.Metadata.IsConcurrencyToken))
        {
            property.CurrentValue = property.Metadata.PropertyInfo!.GetValue(row);
        }
    }

    // What PostgreSQL can hold: else a rebuilt state would differ from the one in memory.
    private static DateTimeOffset Microseconds(DateTimeOffset at) =>
        new(at.UtcTicks - (at.UtcTicks % TimeSpan.TicksPerMicrosecond), TimeSpan.Zero);
}
