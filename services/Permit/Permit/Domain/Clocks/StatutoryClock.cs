namespace HealthDataNode.Permit.Domain.Clocks;

/// <summary>
/// One run of a statutory time limit: when it started, when it was suspended, whether it was extended, when it ended.
/// Its due date is computed, never stored by hand.
/// </summary>
/// <param name="Rule">Id of the rule in the policy profile, for example <c>T03</c>.</param>
/// <param name="Started">The event that starts it; that day does not count (Regulation 1182/71 Article 3(1)).</param>
/// <param name="Suspensions">Intervals that do not count; the last may be open.</param>
/// <param name="Extension">When and why it was extended.</param>
/// <param name="Ended">When what it waits for happened.</param>
public sealed record StatutoryClock(
    string Rule,
    DateTimeOffset Started,
    IReadOnlyList<Suspension> Suspensions,
    Extension? Extension = null,
    DateTimeOffset? Ended = null
)
{
    /// <summary>Whether it stands still now.</summary>
    public bool IsSuspended => Suspensions is [.., { To: null }];

    /// <summary>A clock that begins.</summary>
    public static StatutoryClock Start(string rule, DateTimeOffset at) => new(rule, at, []);

    /// <summary>Stands still from here.</summary>
    public StatutoryClock Suspend(DateTimeOffset at, string reason) =>
        this with
        {
            Suspensions = [.. Suspensions, new Suspension(at, null, reason)],
        };

    /// <summary>Goes on from here.</summary>
    public StatutoryClock Resume(DateTimeOffset at) =>
        IsSuspended ? this with { Suspensions = [.. Suspensions.SkipLast(1), Suspensions[^1] with { To = at }] } : this;

    /// <summary>Extended.</summary>
    public StatutoryClock Extend(DateTimeOffset at, string reasons) => this with { Extension = new Extension(at, reasons) };

    /// <summary>Done; an open suspension ends too.</summary>
    public StatutoryClock End(DateTimeOffset at) => Resume(at) with { Ended = at };

    /// <summary>The moment after which it is late: the end of the last day in Norway. Null while it is suspended.</summary>
    public DateTimeOffset? DueAt(ClockRule rule, SuspensionPolicy policy)
    {
        if (IsSuspended)
        {
            return null;
        }
        var restarted = policy == SuspensionPolicy.Restart && Suspensions.Count > 0;
        var first = NorwegianCalendar.DateAt(restarted ? Suspensions[^1].To!.Value : Started);
        var amount = rule.Amount + (Extension is null ? 0 : rule.Extension);
        var suspended = restarted ? [] : Suspensions;
        var last = rule.Unit switch
        {
            ClockUnit.WorkingDays => NorwegianCalendar.AddWorkingDays(
                first,
                amount + suspended.Sum(s => NorwegianCalendar.WorkingDaysBetween(s.FirstDay, s.LastDay))
            ),
            ClockUnit.Weeks => first.AddDays((7 * amount) + suspended.Sum(s => s.Days)),
            _ => first.AddMonths(amount).AddDays(suspended.Sum(s => s.Days)),
        };
        return NorwegianCalendar.EndOf(NorwegianCalendar.OnOrAfter(last));
    }
}

/// <summary>An interval that does not count.</summary>
public sealed record Suspension(DateTimeOffset From, DateTimeOffset? To, string Reason)
{
    internal DateOnly FirstDay => NorwegianCalendar.DateAt(From);

    internal DateOnly LastDay => NorwegianCalendar.DateAt(To ?? From);

    internal int Days => LastDay.DayNumber - FirstDay.DayNumber;
}

/// <summary>An extension, which must have reasons (68(4)).</summary>
public sealed record Extension(DateTimeOffset At, string Reasons);

/// <summary>A time limit of the policy profile.</summary>
/// <param name="Id">For example <c>T03</c>, as in the deadline table of the domain facts.</param>
/// <param name="Article">Where it comes from.</param>
/// <param name="Amount">How many units.</param>
/// <param name="Unit">Of what.</param>
/// <param name="Extension">How many more it may be extended by, once; 0 where it may not.</param>
public sealed record ClockRule(string Id, string Article, int Amount, ClockUnit Unit, int Extension = 0);

/// <summary>What time limits are counted in.</summary>
public enum ClockUnit
{
    /// <summary>Calendar months.</summary>
    Months,

    /// <summary>Weeks.</summary>
    Weeks,

    /// <summary>Working days.</summary>
    WorkingDays,
}

/// <summary>What waiting for the applicant does to the clock: D6.3 says suspend, D6.4 reads like restart.</summary>
public enum SuspensionPolicy
{
    /// <summary>The remaining time goes on. The stricter one for the authority, and the default.</summary>
    Suspend,

    /// <summary>The whole limit begins anew.</summary>
    Restart,
}
