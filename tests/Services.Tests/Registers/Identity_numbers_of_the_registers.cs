using HealthDataNode.Protocol.Identifiers;
using HealthDataNode.SyntheticRegisters.Population;

namespace HealthDataNode.Services.Tests.Registers;

/// <summary>
/// What Protocol says of the numbers that this program makes; their control digits come from code of their own.
/// No outside vector has a synthetic number that only the rule of 2032 accepts: the public lists of Skatteetaten and
/// of the validators at hand have synthetic ones of today's rule, and ordinary ones of 2032. What follows about
/// synthetic numbers of 2032 is two programs of this repository agreeing, not a comparison with a third.
/// </summary>
public sealed class Identity_numbers_of_the_registers(RegistersFixture registers)
{
    private const int Many = 100_000;

    [Fact]
    public void Are_synthetic_every_one()
    {
        Assert.All(registers.Numbers, number => Assert.InRange(int.Parse(number.AsSpan(2, 2)), 81, 92));
    }

    [Fact]
    public void Are_valid_by_the_rule_the_program_meant()
    {
        var people = new People(3);
        for (var index = 0; index < 20_000; index++)
        {
            var person = people.At(index);
            var today = PersonIdentifier.TryParse(person.Number, IdentifierRule.Current, out var number);
            var from2032 = PersonIdentifier.TryParse(person.Number, IdentifierRule.From2032, out var later);

            Assert.Equal(person is { Only2032: false, Flaw: Flaw.None }, today);
            Assert.Equal(person.Flaw == Flaw.None, from2032);
            if (!from2032)
                continue;
            var kind = IdentifierKind.Synthetic | (person.DNumber ? IdentifierKind.DNumber : 0);
            Assert.Equal(kind, today ? number.Kind : later.Kind);
            if (today)
                Assert.Equal(person.Sex == Sex.Male, (person.Number[8] - '0') % 2 == 1);
        }
    }

    [Fact]
    public void Are_never_given_twice()
    {
        var people = new People(5);

        Assert.Equal(Many, Enumerable.Range(0, Many).Select(index => people.At(index).Number).Distinct().Count());
    }

    [Fact]
    public void Suffice_for_every_date_with_both_sexes_and_both_centuries()
    {
        var numbers = new IdentityNumbers();
        for (var date = new DateOnly(1915, 1, 1); date.Year < 2025; date = date.AddDays(1))
        {
            foreach (var dNumber in new[] { false, true })
            {
                var last = BirthDates.MostPerDate - 1;
                Assert.Equal(11, numbers.Ordinary(date, last, dNumber).Length);
                Assert.Equal(11, numbers.Ordinary(date, last - 1, dNumber).Length);
                Assert.Equal(11, numbers.Later(date, last, dNumber).Length);
            }
        }
    }

    [Fact]
    public void Use_every_slot_once_at_most()
    {
        var slots = new IndexPermutation(11, 5000);

        Assert.Equal(Enumerable.Range(0, 5000), Enumerable.Range(0, 5000).Select(slots.At).Order());
        Assert.NotEqual(Enumerable.Range(0, 5000), Enumerable.Range(0, 5000).Select(slots.At));
    }

    [Fact]
    public void Have_every_slot_in_a_date_that_has_room_for_it()
    {
        var (date, rank) = BirthDates.Of(0);
        Assert.Equal((new DateOnly(1915, 1, 1), 0), (date, rank));
        (date, rank) = BirthDates.Of(BirthDates.Slots - 1);
        Assert.Equal(new DateOnly(2024, 12, 31), date);
        for (var slot = 0; slot < BirthDates.Slots; slot += 997)
            Assert.InRange(BirthDates.Of(slot).Rank, 0, BirthDates.MostPerDate - 1);
    }
}
