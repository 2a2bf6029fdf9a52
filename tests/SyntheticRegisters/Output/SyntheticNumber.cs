namespace HealthDataNode.SyntheticRegisters.Output;

internal static class SyntheticNumber
{
    /// <summary>
    /// Throws unless the month is 81-92 (Skatteetaten: synthetic numbers), also where the number is otherwise wrong:
    /// a slip of this program must never write what could be a living person's number. Says nothing of the number.
    /// </summary>
    public static void Require(string number)
    {
        if (
            number.Length is < 10 or > 11
            || number.AsSpan().ContainsAnyExceptInRange('0', '9')
            || (number[2] - '0') * 10 + number[3] - '0' is not (>= 81 and <= 92)
        )
            throw new InvalidOperationException("A person number that is not synthetic was about to be written.");
    }
}
