namespace HealthDataNode.Ledger;

/// <summary>The ledger's own reading of the checksum rules (current and from 2032), kept apart from the node's.</summary>
internal static class Identifier
{
    private static readonly int[] First = [3, 7, 6, 1, 8, 9, 4, 5, 2];
    private static readonly int[] Second = [5, 4, 3, 2, 7, 6, 5, 4, 3, 2];

    public static bool IsValid(string text)
    {
        if (text.Length != 11 || text.Any(character => character is < '0' or > '9'))
        {
            return false;
        }
        var digits = text.Select(character => character - '0').ToArray();
        var first = (Weighted(digits, First) + digits[9]) % 11;
        var second = (Weighted(digits, Second) + digits[10]) % 11;
        return first <= 3 && second == 0 && IsDate(digits);
    }

    private static int Weighted(int[] digits, int[] weights) => weights.Select((weight, i) => weight * digits[i]).Sum();

    private static bool IsDate(int[] digits)
    {
        var day = digits[0] * 10 + digits[1];
        var month = digits[2] * 10 + digits[3];
        day = day > 40 ? day - 40 : day;
        month =
            month > 80 ? month - 80
            : month > 40 ? month - 40
            : month;
        // 29 February: the century is not in every number, so a year of this century stands for any.
        return month is >= 1 and <= 12 && day >= 1 && day <= DateTime.DaysInMonth(2000 + digits[4] * 10 + digits[5], month);
    }
}
