using HealthDataNode.SyntheticRegisters.Disease;

namespace HealthDataNode.SyntheticRegisters.Population;

/// <summary>The number by which each source knows a person, and how the person is told apart beyond that.</summary>
internal sealed record Known(Person Person, string Cancer, string Death, string Treatment)
{
    /// <summary>Citizen of the journey (user name), or null.</summary>
    public string? Citizen { get; init; }

    /// <summary>Two persons to everybody until the population register says otherwise, late.</summary>
    public bool MergedLate { get; init; }

    /// <summary>Day since when the address is protected, and day since when no longer.</summary>
    public DateOnly? Protected { get; init; }
    public DateOnly? Opened { get; init; }

    public override string ToString() => "***";
}

/// <summary>
/// Which source carries which of a person's numbers. Somebody with a D-number first is known by it where the source
/// heard of them early. The journey's citizens and the late merges are the first persons who are in all three
/// sources and of whom there is nothing else to tell: so they are there however few persons are made.
/// </summary>
internal sealed class Identities(ulong seed, People people)
{
    /// <summary>The journey's citizens, in the order in which they are chosen; the last one had a D-number before.</summary>
    public static readonly string[] Citizens = ["anna.citizen", "bjorn.citizen", "cecilie.citizen", "david.citizen", "elin.citizen"];

    public const int LateMerges = 50;
    public const double ProtectedShare = 0.006;
    private int _citizens;
    private int _late;

    public Known Of(Person person, LifeCourse life, bool isTreated)
    {
        var random = new Randomness(seed, (ulong)person.Index, Purpose.History);
        var carries = random.Below(3);
        var since = LifeCourses.From.AddDays(5500 + random.Below(3600));
        var isProtected = random.Chance(ProtectedShare) && person.Flaw == Flaw.None;
        var known = new Known(person, person.Number, person.Later ?? person.Number, person.Number)
        {
            Protected = isProtected ? since : null,
            Opened = isProtected && random.Chance(0.25) ? since.AddDays(200) : null,
        };
        if (person.Earlier is { } earlier)
        {
            // One of them, or both: never neither, so that at least one source is behind.
            known = known with
            {
                Cancer = carries != 2 ? earlier : known.Cancer,
                Treatment = carries != 0 ? earlier : known.Treatment,
            };
        }
        var isPlain = person is { Earlier: null, DNumber: false, Only2032: false, Flaw: Flaw.None } && !isProtected;
        return isPlain && isTreated && life.Death is not null ? Choose(known) : known;
    }

    private Known Choose(Known known)
    {
        if (_citizens < Citizens.Length)
        {
            known = known with { Citizen = Citizens[_citizens++] };
            return known.Citizen == Citizens[^1] ? BehindInCancer(known) : known;
        }
        return _late++ < LateMerges ? BehindInCancer(known) with { MergedLate = true } : known;
    }

    private Known BehindInCancer(Known known)
    {
        var person = people.KnownEarlier(known.Person);
        return known with { Person = person, Cancer = person.Earlier! };
    }
}
