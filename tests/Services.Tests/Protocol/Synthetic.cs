using CsCheck;
using HealthDataNode.Protocol.Identifiers;

namespace HealthDataNode.Services.Tests.Protocol;

/// <summary>Person numbers for tests: always of a form that is never issued (month + 80).</summary>
internal static class Synthetic
{
    /// <summary>Valid numbers, D-numbers and numbers of the 2032 rule among them.</summary>
    public static readonly Gen<PersonIdentifier> Identifier = Gen.Select(
            Gen.Int[1, 28],
            Gen.Bool,
            Gen.Int[81, 92],
            Gen.Int[0, 99],
            Gen.Int[0, 999],
            Gen.Int[0, 3]
        )
        .Select((day, d, month, year, individual, rest) => Make($"{day + (d ? 40 : 0):00}{month:00}{year:00}{individual:000}", rest))
        .Where(identifier => identifier is not null)
        .Select(identifier => identifier!.Value);

    /// <summary>A number, always the same one for the same <paramref name="n"/>.</summary>
    public static string Number(int n) =>
        Enumerable
            .Range(0, 20)
            .Select(i => Make($"{1 + (n % 28):00}{81 + (n % 12):00}{50 + (n % 40):00}{100 + ((n + i) % 400):000}", 0))
            .First(identifier => identifier is not null)!
            .Value.Digits();

    public static string Digits(this PersonIdentifier identifier)
    {
        Span<byte> digits = stackalloc byte[PersonIdentifier.Length];
        identifier.WriteDigits(digits);
        return System.Text.Encoding.ASCII.GetString(digits);
    }

    private static PersonIdentifier? Make(string head, int rest)
    {
        int[] first = [3, 7, 6, 1, 8, 9, 4, 5, 2];
        int[] second = [5, 4, 3, 2, 7, 6, 5, 4, 3, 2];
        var k1 = Mod(rest - Sum(first, head));
        var k2 = k1 == 10 ? 10 : Mod(-Sum(second, head + k1));
        return k2 == 10 ? null : PersonIdentifier.Parse($"{head}{k1}{k2}");
    }

    private static int Sum(int[] weights, string digits) => weights.Select((weight, i) => weight * (digits[i] - '0')).Sum();

    private static int Mod(int value) => (value % 11 + 11) % 11;
}
