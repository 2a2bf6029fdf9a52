using HealthDataNode.Protocol.Identifiers;
using HealthDataNode.Protocol.Pseudonyms;

namespace HealthDataNode.Protocol.Rows;

/// <summary>A column as the permit has it.</summary>
/// <param name="Name">Its name in the header.</param>
/// <param name="Type">What its values are.</param>
/// <param name="MaxLength">Unicode characters at most, or null.</param>
public sealed record ColumnRule(string Name, ColumnType Type, int? MaxLength = null);

/// <summary>Why a row is refused; never what it says.</summary>
/// <param name="Line">Line number; the header is 1.</param>
/// <param name="Column">Column from 0, the person column included.</param>
/// <param name="Name">The column's name in the permit, or the person column's.</param>
/// <param name="Reason"><c>person-malformed</c>, <c>wrong-type</c>, <c>too-long</c> or <c>identifier</c>.</param>
public readonly record struct RowFault(long Line, int Column, string Name, string Reason);

/// <summary>The columns a permit allows, in its order, and the check of header and rows against them.</summary>
/// <param name="personColumn"><see cref="RowFormat.TokenColumn"/> or <see cref="RowFormat.PseudonymColumn"/>.</param>
/// <param name="columns">The permit's columns.</param>
public sealed class RowSchema(string personColumn, IEnumerable<ColumnRule> columns)
{
    private readonly ColumnRule[] rules = [.. columns];

    /// <summary>The header's names, the person column first.</summary>
    public IReadOnlyList<string> Header => [personColumn, .. rules.Select(rule => rule.Name)];

    /// <summary>Checks that the header is exactly the permit's, in its order.</summary>
    /// <exception cref="ProtocolException">
    /// <c>column-undeclared</c>, <c>column-missing</c>, <c>column-order</c>, with line 1 and the column.
    /// </exception>
    public void CheckHeader(IReadOnlyList<string> header)
    {
        var expected = Header;
        for (var i = 0; i < header.Count; i++)
        {
            if (!expected.Contains(header[i]))
            {
                throw new ProtocolException("column-undeclared", "The permit does not have a column of the header.", 1, i);
            }
        }

        for (var i = 0; i < expected.Count; i++)
        {
            if (!header.Contains(expected[i]))
            {
                throw new ProtocolException("column-missing", "The header lacks a column of the permit.", 1, i);
            }
        }

        for (var i = 0; i < header.Count; i++)
        {
            if (i >= expected.Count || header[i] != expected[i])
            {
                throw new ProtocolException("column-order", "The header is not in the permit's order.", 1, i);
            }
        }
    }

    /// <summary>The first fault of the reader's current row, or null.</summary>
    public RowFault? Check(RowReader row)
    {
        Span<byte> person = stackalloc byte[Block.Size];
        if (!PseudonymText.TryRead(row.Person, person))
        {
            return new(row.LineNumber, 0, personColumn, "person-malformed");
        }

        for (var i = 0; i < rules.Length; i++)
        {
            var value = row.Field(i + 1);
            if (!ColumnTypes.IsValid(rules[i].Type, value))
            {
                return Fault(row, i, "wrong-type");
            }

            // Characters are never more than bytes, so most fields are not counted.
            if (rules[i].MaxLength is { } maximum && value.Length > maximum && Characters(value) > maximum)
            {
                return Fault(row, i, "too-long");
            }
        }

        return IdentifierScanner.Contains(row.Rest) ? FindIdentifier(row) : null;
    }

    private RowFault? FindIdentifier(RowReader row)
    {
        for (var i = 0; i < rules.Length; i++)
        {
            if (IdentifierScanner.Contains(row.Field(i + 1)))
            {
                return Fault(row, i, "identifier");
            }
        }

        return null;
    }

    private RowFault Fault(RowReader row, int rule, string reason) => new(row.LineNumber, rule + 1, rules[rule].Name, reason);

    private static int Characters(ReadOnlySpan<byte> utf8)
    {
        var characters = 0;
        foreach (var b in utf8)
        {
            characters += (b & 0xC0) == 0x80 ? 0 : 1;
        }

        return characters;
    }
}
