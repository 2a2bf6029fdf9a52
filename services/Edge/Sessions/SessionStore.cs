using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.DataProtection;
using Npgsql;

namespace HealthDataNode.Edge.Sessions;

/// <summary>Sessions in PostgreSQL, so that they survive a restart and every replica knows them.</summary>
internal sealed class SessionStore(NpgsqlDataSource database, IDataProtectionProvider protection, TimeProvider time) : ITicketStore
{
    /// <summary>Name of the ticket's property that holds the session's key while a request runs.</summary>
    public const string KeyProperty = "session";

    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(2);

    public async Task<string> StoreAsync(AuthenticationTicket ticket)
    {
        var key = SessionKey.Create();
        var hash = SessionKey.Hash(key);
        var tokens = SessionTokens.TakeFrom(ticket.Properties);
        await using var insert = database.CreateCommand(
            "INSERT INTO edge.sessions (key_hash, ticket, tokens, expires_at) VALUES ($1, $2, $3, $4)"
        );
        insert.Parameters.Add(new() { Value = hash });
        insert.Parameters.Add(new() { Value = Protect(hash, Serialize(ticket)) });
        insert.Parameters.Add(new() { Value = Protect(hash, tokens.Serialize()) });
        insert.Parameters.Add(new() { Value = ExpiryOf(ticket) });
        await insert.ExecuteNonQueryAsync();
        return key;
    }

    public async Task RenewAsync(string key, AuthenticationTicket ticket)
    {
        var hash = SessionKey.Hash(key);
        await using var update = database.CreateCommand("UPDATE edge.sessions SET ticket = $2, expires_at = $3 WHERE key_hash = $1");
        update.Parameters.Add(new() { Value = hash });
        update.Parameters.Add(new() { Value = Protect(hash, Serialize(ticket)) });
        update.Parameters.Add(new() { Value = ExpiryOf(ticket) });
        await update.ExecuteNonQueryAsync();
    }

    public async Task<AuthenticationTicket?> RetrieveAsync(string key)
    {
        var hash = SessionKey.Hash(key);
        await using var select = database.CreateCommand("SELECT ticket FROM edge.sessions WHERE key_hash = $1 AND expires_at > $2");
        select.Parameters.Add(new() { Value = hash });
        select.Parameters.Add(new() { Value = time.GetUtcNow().ToUniversalTime() });
        if (await select.ExecuteScalarAsync() is not byte[] stored)
        {
            return null;
        }

        var ticket = TicketSerializer.Default.Deserialize(Unprotect(hash, stored));
        if (ticket is not null)
        {
            ticket.Properties.Items[KeyProperty] = key;
        }

        return ticket;
    }

    public async Task RemoveAsync(string key)
    {
        await using var delete = database.CreateCommand("DELETE FROM edge.sessions WHERE key_hash = $1");
        delete.Parameters.Add(new() { Value = SessionKey.Hash(key) });
        await delete.ExecuteNonQueryAsync();
    }

    public async Task<SessionTokens?> ReadTokensAsync(string key, CancellationToken cancellation)
    {
        var hash = SessionKey.Hash(key);
        await using var select = database.CreateCommand("SELECT tokens FROM edge.sessions WHERE key_hash = $1");
        select.Parameters.Add(new() { Value = hash });
        return await select.ExecuteScalarAsync(cancellation) is byte[] stored ? SessionTokens.Deserialize(Unprotect(hash, stored)) : null;
    }

    /// <summary>
    /// Changes a session's tokens while nobody else can: the row is locked, in this process and in every other.
    /// </summary>
    public async Task<SessionTokens?> ChangeTokensAsync(
        string key,
        Func<SessionTokens, Task<SessionTokens>> change,
        CancellationToken cancellation
    )
    {
        var hash = SessionKey.Hash(key);
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await using var select = new NpgsqlCommand(
            "SELECT tokens FROM edge.sessions WHERE key_hash = $1 FOR UPDATE",
            connection,
            transaction
        );
        select.Parameters.Add(new() { Value = hash });
        if (await select.ExecuteScalarAsync(cancellation) is not byte[] stored)
        {
            return null;
        }

        var before = SessionTokens.Deserialize(Unprotect(hash, stored));
        var after = await change(before);
        if (!ReferenceEquals(before, after))
        {
            await using var update = new NpgsqlCommand("UPDATE edge.sessions SET tokens = $2 WHERE key_hash = $1", connection, transaction);
            update.Parameters.Add(new() { Value = hash });
            update.Parameters.Add(new() { Value = Protect(hash, after.Serialize()) });
            await update.ExecuteNonQueryAsync(cancellation);
        }

        await transaction.CommitAsync(cancellation);
        return after;
    }

    public async Task<int> RemoveExpiredAsync(CancellationToken cancellation)
    {
        await using var delete = database.CreateCommand("DELETE FROM edge.sessions WHERE expires_at < $1");
        delete.Parameters.Add(new() { Value = time.GetUtcNow().ToUniversalTime() });
        return await delete.ExecuteNonQueryAsync(cancellation);
    }

    private DateTimeOffset ExpiryOf(AuthenticationTicket ticket) =>
        (ticket.Properties.ExpiresUtc ?? time.GetUtcNow() + Lifetime).ToUniversalTime();

    private static byte[] Serialize(AuthenticationTicket ticket)
    {
        ticket.Properties.Items.Remove(KeyProperty);
        return TicketSerializer.Default.Serialize(ticket);
    }

    // The row's own key is part of the purpose: what is copied to another row cannot be opened there.
    private IDataProtector ProtectorOf(byte[] hash) =>
        protection.CreateProtector("HealthDataNode.Edge.Session", Convert.ToHexStringLower(hash));

    private byte[] Protect(byte[] hash, byte[] plain) => ProtectorOf(hash).Protect(plain);

    private byte[] Unprotect(byte[] hash, byte[] stored) => ProtectorOf(hash).Unprotect(stored);
}
