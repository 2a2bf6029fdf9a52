namespace HealthDataNode.Edge.Sessions;

/// <summary>
/// The access token of a session for one API: the cached one until it ends, then a new one by refresh with that API's
/// scope alone. One refresh at a time per session: a refresh token is good once.
/// </summary>
internal sealed class AccessTokens(SessionStore sessions, IssuerClient issuer, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan RenewBefore = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    // Waiting requests of one session wait here and not with a database connection each.
    private readonly SemaphoreSlim[] waiting = [.. Enumerable.Range(0, 64).Select(_ => new SemaphoreSlim(1))];

    /// <summary>Null when the session has ended, here or at the issuer.</summary>
    public async Task<string?> GetAsync(string session, string api, CancellationToken cancellation)
    {
        if (Current(await sessions.ReadTokensAsync(session, cancellation), api) is { } cached)
        {
            return cached;
        }

        var gate = waiting[SessionKey.Hash(session)[0] % waiting.Length];
        await gate.WaitAsync(cancellation);
        try
        {
            return await RenewAsync(session, api);
        }
        finally
        {
            gate.Release();
        }
    }

    public void Dispose()
    {
        foreach (var gate in waiting)
        {
            gate.Dispose();
        }
    }

    private async Task<string?> RenewAsync(string session, string api)
    {
        // Not the request's own end: an answer of the issuer that is not stored costs the person the session.
        using var patience = new CancellationTokenSource(Patience, time);
        var ended = false;
        var tokens = await sessions.ChangeTokensAsync(
            session,
            async before =>
            {
                if (Current(before, api) is not null)
                {
                    return before;
                }

                var after = await issuer.RefreshAsync(before, api, patience.Token);
                ended = after is null;
                return after ?? before;
            },
            patience.Token
        );
        if (ended)
        {
            await sessions.RemoveAsync(session);
            return null;
        }

        return Current(tokens, api);
    }

    private string? Current(SessionTokens? tokens, string api) =>
        tokens is not null && tokens.Access.TryGetValue(api, out var access) && access.ExpiresAt - RenewBefore > time.GetUtcNow()
            ? access.Token
            : null;
}
