using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using HealthDataNode.ReferenceSpe.State;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.AspNetCore.DataProtection;

namespace HealthDataNode.ReferenceSpe.Identity;

/// <summary>
/// Sessions in SQLite, so that they survive a restart: the cookie holds a random key, the row its hash and the ticket,
/// encrypted under a purpose that names the row.
/// </summary>
internal sealed class SessionStore(StateDatabase state, IDataProtectionProvider protection, TimeProvider time) : ITicketStore
{
    public static readonly TimeSpan Lifetime = TimeSpan.FromHours(2);

    public Task<string> StoreAsync(AuthenticationTicket ticket)
    {
        KeepIdTokenAlone(ticket.Properties);
        var key = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
        using var connection = state.Open();
        connection.Execute("DELETE FROM session WHERE expires_at < $0", time.GetUtcNow().ToUnixTimeSeconds());
        Write(key, ticket);
        return Task.FromResult(key);
    }

    public Task RenewAsync(string key, AuthenticationTicket ticket)
    {
        Write(key, ticket);
        return Task.CompletedTask;
    }

    public Task<AuthenticationTicket?> RetrieveAsync(string key)
    {
        var hash = Hash(key);
        using var connection = state.Open();
        var stored = connection
            .Query(
                "SELECT ticket FROM session WHERE key_hash = $0 AND expires_at > $1",
                row => row.GetFieldValue<byte[]>(0),
                hash,
                time.GetUtcNow().ToUnixTimeSeconds()
            )
            .SingleOrDefault();
        return Task.FromResult(stored is null ? null : TicketSerializer.Default.Deserialize(ProtectorOf(hash).Unprotect(stored)));
    }

    public Task RemoveAsync(string key)
    {
        using var connection = state.Open();
        connection.Execute("DELETE FROM session WHERE key_hash = $0", Hash(key));
        return Task.CompletedTask;
    }

    private void Write(string key, AuthenticationTicket ticket)
    {
        var hash = Hash(key);
        var until = ticket.Properties.ExpiresUtc ?? time.GetUtcNow() + Lifetime;
        using var connection = state.Open();
        connection.Execute(
            """
            INSERT INTO session VALUES ($0, $1, $2)
            ON CONFLICT (key_hash) DO UPDATE SET ticket = $1, expires_at = $2
            """,
            hash,
            ProtectorOf(hash).Protect(TicketSerializer.Default.Serialize(ticket)),
            until.ToUnixTimeSeconds()
        );
    }

    // The door calls nothing in a person's name: an access token would only be something to steal.
    private static void KeepIdTokenAlone(AuthenticationProperties properties)
    {
        var idToken = properties.GetTokenValue("id_token");
        properties.StoreTokens(idToken is null ? [] : [new AuthenticationToken { Name = "id_token", Value = idToken }]);
    }

    private static byte[] Hash(string key) => SHA256.HashData(Encoding.UTF8.GetBytes(key));

    private IDataProtector ProtectorOf(byte[] hash) =>
        protection.CreateProtector("HealthDataNode.ReferenceSpe.Session", Convert.ToHexStringLower(hash));
}
