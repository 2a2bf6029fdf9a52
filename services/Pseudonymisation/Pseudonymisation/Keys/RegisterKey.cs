using System.Security.Cryptography;
using HealthDataNode.Protocol.Identifiers;
using HealthDataNode.Protocol.Pseudonyms;
using HealthDataNode.Protocol.Trust;
using Npgsql;

namespace HealthDataNode.Pseudonymisation.Keys;

/// <summary>
/// The key under which persons stand in the registers of opt-outs and identities: a file of mode 0600 beside the
/// party's own keys, in no database. Without it the registers are noise; with another one everybody would seem to have
/// opted in, so the database knows which key it is (not the key), and nothing is judged with another.
/// </summary>
internal sealed class RegisterKey(IConfiguration configuration, NpgsqlDataSource database) : IDisposable
{
    private readonly SemaphoreSlim gate = new(1, 1);
    private readonly string file = Path.Combine(
        configuration["Party:Keys"] ?? throw new InvalidOperationException("Party__Keys is not set."),
        "register.key"
    );
    private PermitKey? key;

    /// <summary>A cipher of the caller's own, who disposes it.</summary>
    /// <exception cref="InvalidOperationException">The key is lost, or is not the one that the registers were written with.</exception>
    public async Task<BatchCipher> CipherAsync(CancellationToken cancellationToken)
    {
        if (Volatile.Read(ref key) is { } known)
        {
            return CipherOf(known);
        }
        await gate.WaitAsync(cancellationToken);
        try
        {
            if (key is null)
            {
                Volatile.Write(ref key, await OpenAsync(cancellationToken));
            }
            return CipherOf(key);
        }
        finally
        {
            gate.Release();
        }
    }

    /// <summary>The 16 bytes that stand for a person.</summary>
    public async Task<byte[]> OfAsync(PersonIdentifier person, CancellationToken cancellationToken)
    {
        using var cipher = await CipherAsync(cancellationToken);
        var block = new byte[Block.Size];
        Block.Encode(person, block);
        cipher.Encrypt(block, block);
        return block;
    }

    public void Dispose()
    {
        key?.Dispose();
        gate.Dispose();
    }

    private async Task<PermitKey> OpenAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        // One process makes it, and none makes a second one for registers that were written with the first.
        await ExecuteAsync("SELECT pg_advisory_xact_lock(71, 1)");
        var check = (byte[]?)await Command("SELECT key_check FROM pseudonymisation.register_key").ExecuteScalarAsync(cancellationToken);
        if (check is null && !File.Exists(file))
        {
            using var made = PermitKey.Generate();
            var raw = new byte[PermitKey.Size];
            made.CopyTo(raw);
            PrivateFile.Write(file, raw);
            CryptographicOperations.ZeroMemory(raw);
        }
        var opened = Read();
        var own = new byte[PermitKey.Size];
        opened.Derive("register-check", "", own);
        if (check is null)
        {
            await using var insert = Command("INSERT INTO pseudonymisation.register_key (id, key_check) VALUES (1, $1)");
            insert.Parameters.AddWithValue(own);
            await insert.ExecuteNonQueryAsync(cancellationToken);
        }
        else if (!CryptographicOperations.FixedTimeEquals(check, own))
        {
            opened.Dispose();
            throw new InvalidOperationException($"{file} is not the key that the registers were written with: restore that one.");
        }
        await transaction.CommitAsync(cancellationToken);
        return opened;

        NpgsqlCommand Command(string sql) => new(sql, connection, transaction);

        async Task ExecuteAsync(string sql)
        {
            await using var command = Command(sql);
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
    }

    private PermitKey Read()
    {
        try
        {
            var raw = File.ReadAllBytes(file);
            try
            {
                return new PermitKey(raw);
            }
            finally
            {
                CryptographicOperations.ZeroMemory(raw);
            }
        }
        catch (FileNotFoundException exception)
        {
            throw new InvalidOperationException($"{file} is gone, and the registers cannot be read without it: restore it.", exception);
        }
    }

    private static BatchCipher CipherOf(PermitKey key)
    {
        Span<byte> derived = stackalloc byte[PermitKey.Size];
        try
        {
            key.Derive("register", "", derived);
            return new BatchCipher(derived);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(derived);
        }
    }
}
