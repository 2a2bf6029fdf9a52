using HealthDataNode.Permit.Domain.Clocks;
using HealthDataNode.Permit.Domain.Policy;

namespace HealthDataNode.Services.Tests.Permit;

[Trait("Article", "EHDS 68(4)")]
public sealed class Running_a_statutory_clock
{
    private static readonly PolicyProfile Ehds = PolicyProfile.Named("EHDS-2029");
    private static readonly ClockRule Decision = Ehds.Rule(PolicyProfile.Decision);

    [Theory]
    [InlineData("2029-04-10", "2029-07-10")]
    [InlineData("2029-11-30", "2030-02-28")] // a month without that day ends on its last
    [InlineData("2029-01-31", "2029-04-30")]
    [InlineData("2029-02-17", "2029-05-18")] // 17 May is a holiday
    [InlineData("2029-01-02", "2029-04-03")] // Easter Monday
    public void Ends_three_calendar_months_later_on_a_working_day(string started, string lastDay) =>
        Assert.Equal(EndOf(lastDay), Clock(started).DueAt(Decision, SuspensionPolicy.Suspend));

    [Fact]
    public void Is_extended_by_three_months_once() =>
        Assert.Equal(
            EndOf("2029-10-10"),
            Clock("2029-04-10").Extend(Noon("2029-07-01"), "Many sources.").DueAt(Decision, SuspensionPolicy.Suspend)
        );

    [Fact]
    public void Has_no_due_date_while_it_is_suspended() =>
        Assert.Null(Clock("2029-04-10").Suspend(Noon("2029-05-02"), "asked").DueAt(Decision, SuspensionPolicy.Suspend));

    [Fact]
    public void Goes_on_after_each_suspension_for_as_many_days_as_it_stood_still()
    {
        var clock = Clock("2029-04-10")
            .Suspend(Noon("2029-05-02"), "asked")
            .Resume(Noon("2029-05-12"))
            .Suspend(Noon("2029-06-01"), "asked")
            .Resume(Noon("2029-06-03"));
        // 10 July and twelve days are a Sunday.
        Assert.Equal(EndOf("2029-07-23"), clock.DueAt(Decision, SuspensionPolicy.Suspend));
    }

    [Fact]
    public void Begins_anew_under_the_other_policy() =>
        Assert.Equal(
            EndOf("2029-08-13"), // 12 August is a Sunday
            Clock("2029-04-10").Suspend(Noon("2029-05-02"), "asked").Resume(Noon("2029-05-12")).DueAt(Decision, SuspensionPolicy.Restart)
        );

    [Fact]
    public void Gives_the_applicant_four_weeks() =>
        Assert.Equal(EndOf("2029-05-08"), Ehds.DueAt(StatutoryClock.Start(PolicyProfile.Completion, Noon("2029-04-10"))));

    [Fact]
    [Trait("Invariant", "9")]
    public void Gives_thirty_working_days_for_publication() =>
        // 1, 10, 17 and 21 May are holidays on weekdays.
        Assert.Equal(EndOf("2029-05-29"), Ehds.DueAt(StatutoryClock.Start(PolicyProfile.Publication, Noon("2029-04-11"))));

    [Fact]
    public void Counts_the_day_in_Norway_and_not_in_UTC() =>
        Assert.Equal(
            EndOf("2029-07-11"),
            StatutoryClock
                .Start(PolicyProfile.Decision, DateTimeOffset.Parse("2029-04-10T22:30:00Z"))
                .DueAt(Decision, SuspensionPolicy.Suspend)
        );

    [Fact]
    public void Is_counted_in_working_days_in_the_Norwegian_profile()
    {
        var profile = PolicyProfile.Named("NO-2023");
        Assert.Equal(ClockUnit.WorkingDays, profile.Rule(PolicyProfile.Decision).Unit);
        var clock = new StatutoryClock(PolicyProfile.Decision, Noon("2026-01-02"), []);
        Assert.Equal(EndOf("2026-03-27"), profile.DueAt(clock));
        // A working week of waiting puts five working days on top; Easter lies behind.
        var suspended = clock.Suspend(Noon("2026-02-02"), "asked").Resume(Noon("2026-02-09"));
        Assert.Equal(EndOf("2026-04-08"), profile.DueAt(suspended));
    }

    private static StatutoryClock Clock(string started) => StatutoryClock.Start(PolicyProfile.Decision, Noon(started));

    private static DateTimeOffset Noon(string day) => DateTimeOffset.Parse($"{day}T10:00:00Z");

    private static DateTimeOffset EndOf(string day) => NorwegianCalendar.EndOf(DateOnly.Parse(day));
}
