namespace HealthDataNode.SyntheticRegisters;

internal static class Logarithm
{
    private const double Ln2 = 0.693147180559945309417;

    /// <summary>
    /// Natural logarithm of a positive normal number, from the four operations only: Math.Log is the platform's C
    /// library, whose last bit differs between platforms, and the files must not.
    /// </summary>
    public static double Natural(double x)
    {
        var bits = BitConverter.DoubleToInt64Bits(x);
        var exponent = (int)(bits >> 52) - 1023;
        var mantissa = BitConverter.Int64BitsToDouble(bits & 0xFFFFFFFFFFFFF | 0x3FF0000000000000);
        if (mantissa > 1.4142135623730951)
        {
            mantissa /= 2;
            exponent++;
        }

        var s = (mantissa - 1) / (mantissa + 1);
        var square = s * s;
        var sum = 0.0;
        for (var n = 23; n >= 1; n -= 2)
            sum = sum * square + 1.0 / n;
        return exponent * Ln2 + 2 * s * sum;
    }
}
