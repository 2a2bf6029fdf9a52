namespace HealthDataNode.Gateway.Preparation;

/// <summary>Pseudonymisation's re-key, as a part needs it.</summary>
public interface IRekeying
{
    /// <summary>Turns person tokens (16 bytes each, strictly ascending) into answers of 17 bytes by position.</summary>
    /// <param name="batch">Number of the batch, going on over the order; the same number always bears the same tokens.</param>
    /// <param name="tokens">The tokens.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="UnknownTokenException">One of them was not issued for this order.</exception>
    Task<ReadOnlyMemory<byte>> RekeyAsync(int batch, ReadOnlyMemory<byte> tokens, CancellationToken cancellationToken);
}

/// <summary>Pseudonymisation says that a token is none of this order's.</summary>
/// <param name="record">Its position in the batch, from 0; null where the answer does not say.</param>
public sealed class UnknownTokenException(int? record) : Exception("A token is not of this order.")
{
    /// <summary>Position in the batch, from 0.</summary>
    public int? Record { get; } = record;
}
