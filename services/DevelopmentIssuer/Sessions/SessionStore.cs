using HealthDataNode.DevelopmentIssuer.Persistence;
using HealthDataNode.DevelopmentIssuer.Realm;
using Microsoft.EntityFrameworkCore;
using OpenIddict.Abstractions;

namespace HealthDataNode.DevelopmentIssuer.Sessions;

/// <summary>
/// Sign-ins of people. A session that has ended takes its grants with it: OpenIddict's end-session endpoint by itself
/// leaves refresh tokens valid.
/// </summary>
internal sealed class SessionStore(
    IssuerDbContext database,
    LoadedRealm realm,
    IOpenIddictAuthorizationManager authorizations,
    IOpenIddictTokenManager tokens,
    TimeProvider time
)
{
    public async Task<Session> StartAsync(RealmUser person, CancellationToken cancellation)
    {
        var session = new Session
        {
            Id = Guid.CreateVersion7(),
            Subject = person.Id,
            StartedAt = time.GetUtcNow(),
        };
        database.Sessions.Add(session);
        await database.SaveChangesAsync(cancellation);
        return session;
    }

    /// <summary>The session while it stands and its person may sign in; else null.</summary>
    public async Task<Session?> FindLiveAsync(string? sid, CancellationToken cancellation)
    {
        if (!Guid.TryParse(sid, out var id))
        {
            return null;
        }

        var earliest = time.GetUtcNow() - realm.SessionLifetime;
        var session = await database
            .Sessions.AsNoTracking()
            .SingleOrDefaultAsync(row => row.Id == id && row.EndedAt == null && row.StartedAt > earliest, cancellation);
        return session is not null && realm.UsersById.TryGetValue(session.Subject, out var user) && user.Enabled ? session : null;
    }

    public async Task LinkAsync(Session session, string authorization, CancellationToken cancellation)
    {
        database.SessionAuthorizations.Add(new SessionAuthorization { SessionId = session.Id, AuthorizationId = authorization });
        await database.SaveChangesAsync(cancellation);
    }

    public async Task EndAsync(string? sid, CancellationToken cancellation)
    {
        if (!Guid.TryParse(sid, out var id))
        {
            return;
        }

        var now = time.GetUtcNow();
        await database
            .Sessions.Where(row => row.Id == id && row.EndedAt == null)
            .ExecuteUpdateAsync(set => set.SetProperty(row => row.EndedAt, now), cancellation);
        var granted = await database
            .SessionAuthorizations.Where(row => row.SessionId == id)
            .Select(row => row.AuthorizationId)
            .ToListAsync(cancellation);
        foreach (var authorization in granted)
        {
            await tokens.RevokeByAuthorizationIdAsync(authorization, cancellation);
            if (await authorizations.FindByIdAsync(authorization, cancellation) is { } found)
            {
                await authorizations.TryRevokeAsync(found, cancellation);
            }
        }
    }
}
