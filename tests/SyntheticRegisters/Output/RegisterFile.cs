using System.Globalization;
using System.Text;

namespace HealthDataNode.SyntheticRegisters.Output;

/// <summary>A register as RFC 4180 with LF, UTF-8 without mark; the person's number is the first column of each row.</summary>
internal sealed class RegisterFile : IDisposable
{
    private readonly StreamWriter _writer;
    private readonly int _columns;
    private string? _last;

    public RegisterFile(Stream stream, params string[] columns)
    {
        _writer = new(stream, new UTF8Encoding(false), 1 << 16) { NewLine = "\n" };
        _columns = columns.Length;
        _writer.WriteLine(string.Join(',', columns));
    }

    public long Rows { get; private set; }

    public long Persons { get; private set; }

    /// <summary>Adds a row of the person whom the register knows by this number.</summary>
    public void Write(string number, params ReadOnlySpan<string> fields)
    {
        SyntheticNumber.Require(number);
        if (fields.Length != _columns - 1)
            throw new InvalidOperationException($"A row of {_columns} columns was given {fields.Length + 1}.");
        _writer.Write(number);
        foreach (var field in fields)
        {
            _writer.Write(',');
            WriteField(field);
        }

        _writer.WriteLine();
        Rows++;
        if (_last != number)
            Persons++;
        _last = number;
    }

    public void Dispose() => _writer.Dispose();

    public static string Date(DateOnly date) => date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    public static string Number(int? number) => number?.ToString(CultureInfo.InvariantCulture) ?? "";

    private void WriteField(string field)
    {
        foreach (var character in field)
        {
            // The row format of the deliveries has no way to say one.
            if (char.IsControl(character))
                throw new InvalidOperationException("A field holds a control character.");
        }

        if (field.AsSpan().IndexOfAny(',', '"') < 0)
            _writer.Write(field);
        else
            _writer.Write($"\"{field.Replace("\"", "\"\"")}\"");
    }
}
