using System.Text;
using CsCheck;
using HealthDataNode.Protocol.Identifiers;

namespace HealthDataNode.Services.Tests.Protocol;

public sealed class Scanning_for_person_identifiers
{
    [Fact]
    public void Finds_what_the_vectors_say()
    {
        foreach (var text in Vectors.Json("rows.json").GetProperty("scanner").Texts("found"))
        {
            Assert.True(IdentifierScanner.Contains(Encoding.UTF8.GetBytes(text)));
        }
    }

    [Fact]
    public void Passes_what_the_vectors_say()
    {
        foreach (var text in Vectors.Json("rows.json").GetProperty("scanner").Texts("clear"))
        {
            Assert.False(IdentifierScanner.Contains(Encoding.UTF8.GetBytes(text)), text.Length.ToString());
        }
    }

    [Fact]
    public void Finds_an_identifier_at_any_place_of_a_long_text() =>
        Gen.Select(
                Synthetic.Identifier,
                Gen.Char["ab;-. \u001f"].Array[0, 200],
                Gen.Char["ab;. \u001f"].Array[0, 200],
                Gen.OneOf(Gen.Const(""), Gen.Const(" "), Gen.Const("-"))
            )
            .Where((_, before, _, _) => before.Length == 0 || before[^1] is not ('-' or ' '))
            .Sample(
                (identifier, before, after, between) =>
                {
                    var digits = identifier.Digits();
                    var text = $"{new string(before)}{digits[..6]}{between}{digits[6..]}{new string(after)}";
                    return IdentifierScanner.IndexOf(Encoding.ASCII.GetBytes(text)) == before.Length;
                }
            );

    [Fact]
    public void Agrees_with_a_plain_search_in_texts_full_of_digits() =>
        Gen.Select(Synthetic.Identifier.Array[1, 4], Gen.Char["0189 -;"].Array[0, 100], Gen.Int[0, 100])
            .Sample(
                (identifiers, noise, at) =>
                {
                    var text = new StringBuilder(new string(noise));
                    foreach (var identifier in identifiers)
                    {
                        text.Insert(Math.Min(at, text.Length), identifier.Digits());
                        at = at * 7 % 101;
                    }

                    var utf8 = Encoding.ASCII.GetBytes(text.ToString());
                    return IdentifierScanner.IndexOf(utf8) == Plain(utf8);
                }
            );

    private static int Plain(byte[] text)
    {
        for (var at = 0; at < text.Length; at++)
        {
            foreach (var gap in (int[])[0, 1])
            {
                var end = at + 11 + gap;
                if (end > text.Length || Digit(text, at - 1) || Digit(text, end))
                {
                    continue;
                }

                if (gap == 1 && text[at + 6] is not ((byte)' ' or (byte)'-'))
                {
                    continue;
                }

                byte[] digits = [.. text[at..(at + 6)], .. text[(at + 6 + gap)..end]];
                if (PersonIdentifier.TryParse(digits, out _))
                {
                    return at;
                }
            }
        }

        return -1;
    }

    private static bool Digit(byte[] text, int at) => at >= 0 && at < text.Length && char.IsAsciiDigit((char)text[at]);
}
