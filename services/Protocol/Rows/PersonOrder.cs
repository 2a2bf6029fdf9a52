using HealthDataNode.Protocol.Pseudonyms;

namespace HealthDataNode.Protocol.Rows;

/// <summary>
/// Holds a row file to its order: rows of one person stand together, persons ascend strictly by token, over parts too
/// when <paramref name="previous"/> is the last token of the part before (nobody straddles parts).
/// </summary>
/// <param name="previous">Token text of the last person of the part before, or empty.</param>
public sealed class PersonOrder(ReadOnlySpan<byte> previous = default)
{
    private readonly byte[] current = previous.IsEmpty ? new byte[PseudonymText.Length] : previous.ToArray();
    private bool inside;
    private bool any = !previous.IsEmpty;

    /// <summary>Persons seen.</summary>
    public long Persons { get; private set; }

    /// <summary>Token text of the current person; empty before the first.</summary>
    public ReadOnlySpan<byte> Current => any ? current : default;

    /// <summary>Takes the next row's token text; true when a new person begins.</summary>
    /// <exception cref="ProtocolException"><c>person-out-of-order</c>.</exception>
    public bool Next(ReadOnlySpan<byte> person, long line)
    {
        var order = any ? person.SequenceCompareTo(current) : 1;
        if (inside && order == 0)
        {
            return false;
        }

        if (order <= 0)
        {
            throw new ProtocolException("person-out-of-order", "Rows are not sorted by token.", line, 0);
        }

        person.CopyTo(current);
        inside = any = true;
        Persons++;
        return true;
    }
}
