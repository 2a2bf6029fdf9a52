namespace HealthDataNode.SyntheticRegisters.Population;

/// <summary>
/// Synthetic fødselsnummer and D-numbers by birth date and rank, month + 80 (Skatteetaten 2021-01-27). The control
/// digits are computed here and not by Protocol, so that neither checks itself against itself.
/// </summary>
internal sealed class IdentityNumbers
{
    // [checksum 1 of the date mod 11][checksum 2 mod 11][1900s or 2000s][female or male] -> individual numbers with
    // valid control digits, ascending.
    private readonly short[][] _ordinary = new short[11 * 11 * 2 * 2][];

    // [checksum 1][checksum 2] -> (individual number, k1, k2) that only the rule of 2032 accepts.
    private readonly (short Individual, byte K1, byte K2)[][] _later = new (short, byte, byte)[11 * 11][];

    public IdentityNumbers()
    {
        for (var sums = 0; sums < 11 * 11; sums++)
        {
            var (sum1, sum2) = (sums / 11, sums % 11);
            foreach (var (century, male) in new[] { (0, 0), (0, 1), (1, 0), (1, 1) })
            {
                _ordinary[(sums * 2 + century) * 2 + male] =
                [
                    .. Enumerable
                        .Range(century * 500, 500)
                        .Where(number => number % 2 == male && Control(sum1, sum2, number, 0) is not null)
                        .Select(number => (short)number),
                ];
            }

            _later[sums] =
            [
                .. Enumerable
                    .Range(0, 1000)
                    .SelectMany(number => Enumerable.Range(1, 3).Select(rest => (number, Control(sum1, sum2, number, rest))))
                    .Where(candidate => candidate.Item2 is not null)
                    .Select(candidate => ((short)candidate.number, candidate.Item2!.Value.K1, candidate.Item2.Value.K2)),
            ];
        }
    }

    /// <summary>Valid today. Ranks 0 .. <see cref="BirthDates.MostPerDate"/>-1; an even rank is a woman's number.</summary>
    public string Ordinary(DateOnly birth, int rank, bool dNumber)
    {
        var digits = Date(birth, dNumber);
        var sums = Sums(digits);
        var century = birth.Year >= 2000 ? 1 : 0;
        var individual = _ordinary[(sums * 2 + century) * 2 + rank % 2][rank / 2];
        var (k1, k2) = Control(sums / 11, sums % 11, individual, 0)!.Value;
        return Text(digits, individual, k1, k2);
    }

    /// <summary>Valid from 2032 only: says neither sex nor century, so both centuries share one list by turns.</summary>
    public string Later(DateOnly birth, int rank, bool dNumber)
    {
        var digits = Date(birth, dNumber);
        var (individual, k1, k2) = _later[Sums(digits)][2 * rank + (birth.Year >= 2000 ? 1 : 0)];
        return Text(digits, individual, k1, k2);
    }

    /// <summary>
    /// The control digits for which (sum 1 + k1) mod 11 is <paramref name="rest"/> (today 0, from 2032 0 to 3) and
    /// (sum 2 + k2) mod 11 is 0; null where one of them would be 10.
    /// </summary>
    private static (byte K1, byte K2)? Control(int sum1, int sum2, int individual, int rest)
    {
        var (i1, i2, i3) = (individual / 100, individual / 10 % 10, individual % 10);
        var k1 = (rest + 11 * 11 - sum1 - 4 * i1 - 5 * i2 - 2 * i3) % 11;
        if (k1 < 0)
            k1 += 11;
        var k2 = (11 - (sum2 + 5 * i1 + 4 * i2 + 3 * i3 + 2 * k1) % 11) % 11;
        return k1 == 10 || k2 == 10 ? null : ((byte)k1, (byte)k2);
    }

    private static int[] Date(DateOnly birth, bool dNumber)
    {
        var (day, month, year) = (birth.Day + (dNumber ? 40 : 0), birth.Month + 80, birth.Year % 100);
        return [day / 10, day % 10, month / 10, month % 10, year / 10, year % 10];
    }

    private static int Sums(int[] d) =>
        (3 * d[0] + 7 * d[1] + 6 * d[2] + d[3] + 8 * d[4] + 9 * d[5]) % 11 * 11
        + (5 * d[0] + 4 * d[1] + 3 * d[2] + 2 * d[3] + 7 * d[4] + 6 * d[5]) % 11;

    private static string Text(int[] date, int individual, int k1, int k2) =>
        string.Create(
            11,
            (date, individual, k1, k2),
            static (text, number) =>
            {
                for (var n = 0; n < 6; n++)
                    text[n] = (char)('0' + number.date[n]);
                text[6] = (char)('0' + number.individual / 100);
                text[7] = (char)('0' + number.individual / 10 % 10);
                text[8] = (char)('0' + number.individual % 10);
                text[9] = (char)('0' + number.k1);
                text[10] = (char)('0' + number.k2);
            }
        );
}
