using System.Text;
using HealthDataNode.SyntheticRegisters.Disease;
using HealthDataNode.SyntheticRegisters.Population;

namespace HealthDataNode.SyntheticRegisters.Output;

/// <summary>
/// What the population register has to say of the persons whom the registers know: `population.csv`, numbered lines
/// that are fed into the node one after the other, and `population-late.csv`, which is fed during a journey.
/// </summary>
internal sealed class PopulationFile : IDisposable
{
    private const string Header = "number,date,kind,person_id,other_id";
    private readonly StreamWriter _writer;
    private readonly List<(DateOnly Date, string Before, string After)> _late = [];

    public PopulationFile(Stream stream)
    {
        _writer = new(stream, new UTF8Encoding(false), 1 << 16) { NewLine = "\n" };
        _writer.WriteLine(Header);
    }

    public PopulationCounts Counts { get; } = new();

    /// <summary>Adds what there is to say of a person who is in a register.</summary>
    public void Write(Known known, DateOnly? death)
    {
        var person = known.Person;
        if (person.Flaw != Flaw.None)
            return;
        var newest = person.Later ?? person.Number;
        var changed = Changed(person, death);
        if (known.MergedLate)
            _late.Add((LifeCourses.Until.AddDays(1 + _late.Count), person.Earlier!, person.Number));
        else if (person.Earlier is { } earlier)
            Change(changed, earlier, person.Number);
        if (person.Later is { } later)
            Change(changed.AddDays(30), person.Number, later);
        if (known.Protected is { } since)
        {
            Line(since, "address-protected", newest, "");
            Counts.Protected++;
        }
        if (known.Opened is { } until)
        {
            Line(until, "address-open", newest, "");
            Counts.Opened++;
        }
        if (death is { } date)
        {
            Line(date, "death", newest, "");
            Counts.Deaths++;
        }
    }

    /// <summary>Writes what comes late; its numbers go on where the others end.</summary>
    public void WriteLate(string path)
    {
        using var writer = new StreamWriter(path, append: false, new UTF8Encoding(false)) { NewLine = "\n" };
        writer.WriteLine(Header);
        var number = Counts.Lines;
        foreach (var (date, before, after) in _late)
            writer.WriteLine(Text(++number, date, "number-change", before, after));
        Counts.Late = _late.Count;
    }

    public void Dispose() => _writer.Dispose();

    // Some years before the end, and before a death: the sources that carry the old number heard of the person earlier.
    private static DateOnly Changed(Person person, DateOnly? death)
    {
        var last = (death ?? LifeCourses.Until).AddDays(-60);
        var day = person.Birth > LifeCourses.From ? person.Birth.AddDays(90) : LifeCourses.From.AddDays(person.Index % 3000);
        return day < last ? day : last;
    }

    private void Change(DateOnly date, string before, string after)
    {
        Line(date, "number-change", before, after);
        Counts.NumberChanges++;
    }

    private void Line(DateOnly date, string kind, string person, string other) =>
        _writer.WriteLine(Text(++Counts.Lines, date, kind, person, other));

    private static string Text(long number, DateOnly date, string kind, string person, string other)
    {
        SyntheticNumber.Require(person);
        if (other != "")
            SyntheticNumber.Require(other);
        return FormattableString.Invariant($"{number},{date:yyyy-MM-dd},{kind},{person},{other}");
    }
}

/// <summary>Lines of the population register by kind.</summary>
internal sealed class PopulationCounts
{
    public long Lines { get; set; }
    public long NumberChanges { get; set; }
    public long Deaths { get; set; }
    public long Protected { get; set; }
    public long Opened { get; set; }
    public long Late { get; set; }
}
