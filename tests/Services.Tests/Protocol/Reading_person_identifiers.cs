using System.Text;
using CsCheck;
using HealthDataNode.Protocol;
using HealthDataNode.Protocol.Identifiers;

namespace HealthDataNode.Services.Tests.Protocol;

public sealed class Reading_person_identifiers
{
    // No outside vector is synthetic and valid under the 2032 rule alone; those of pseudonyms.json are our own.
    public static TheoryData<int, bool, string, string> Published()
    {
        var rows = new TheoryData<int, bool, string, string>();
        var lines = Vectors.Lines("norwegian-id.csv");
        for (var line = 1; line < lines.Length; line++)
        {
            var fields = lines[line].Split(',');
            rows.Add(line, fields[1] == "true", fields[2], fields[3]);
        }

        return rows;
    }

    [Fact]
    public void Has_all_110_published_vectors() => Assert.Equal(110, Published().Count);

    [Theory]
    [MemberData(nameof(Published))]
    public void Agrees_with_every_published_vector(int line, bool valid, string kind, string rule)
    {
        var text = Vectors.Lines("norwegian-id.csv")[line].Split(',')[0];
        var by = rule == "2032" ? IdentifierRule.From2032 : IdentifierRule.Current;

        // No assertion shows the number itself.
        Assert.Equal(valid, PersonIdentifier.TryParse(text, by, out var identifier));
        Assert.Equal(valid, PersonIdentifier.TryParse(Encoding.UTF8.GetBytes(text), by, out _));
        if (!valid)
        {
            return;
        }

        var expected = kind switch
        {
            "fnr" => IdentifierKind.Fnr,
            "dnr" => IdentifierKind.DNumber,
            "hnr" => IdentifierKind.HNumber,
            "dnr-and-hnr" => IdentifierKind.DNumber | IdentifierKind.HNumber,
            "synthetic" => IdentifierKind.Synthetic,
            "synthetic-dnr" => IdentifierKind.Synthetic | IdentifierKind.DNumber,
            _ => throw new InvalidOperationException(kind),
        };
        Assert.Equal(expected, identifier.Kind);
        Assert.Equal(kind.StartsWith("synthetic", StringComparison.Ordinal), identifier.IsSynthetic);
        Assert.True(identifier.Digits() == text);
    }

    [Fact]
    public void Finds_valid_from_2032_whatever_is_valid_now()
    {
        foreach (var text in Vectors.Lines("norwegian-id.csv").Skip(1).Select(line => line.Split(',')[0]))
        {
            Assert.True(
                !PersonIdentifier.TryParse(text, IdentifierRule.Current, out _)
                    || PersonIdentifier.TryParse(text, IdentifierRule.From2032, out _)
            );
        }
    }

    [Fact]
    public void Tells_which_rule_a_number_follows()
    {
        var rules = Vectors
            .Json("pseudonyms.json")
            .List("persons")
            .Select(person => PersonIdentifier.Parse(person.Text("identifier")).Rule);
        Assert.Equal([IdentifierRule.Current, IdentifierRule.Current, IdentifierRule.From2032, IdentifierRule.From2032], rules);
    }

    [Fact]
    public void Never_prints_a_number() =>
        Synthetic.Identifier.Sample(identifier => $"{identifier}" == "***" && identifier.ToString() == "***");

    [Fact]
    public void Refuses_without_quoting_what_it_refuses()
    {
        var refusal = Assert.Throws<ProtocolException>(() => PersonIdentifier.Parse("12345678901x"));
        Assert.Equal("identifier-invalid", refusal.Code);
        Assert.DoesNotContain("123", refusal.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("00000000000")]
    [InlineData("１２３４５６７８９０１")]
    public void Refuses_what_is_not_eleven_ascii_digits_of_a_day(string? text) => Assert.False(PersonIdentifier.TryParse(text, out _));

    [Fact]
    public void Finds_every_single_wrong_digit_by_the_current_rule() =>
        Gen.Select(Synthetic.Identifier, Gen.Int[0, 10], Gen.Int[1, 9])
            .Where((identifier, _, _) => identifier.Rule == IdentifierRule.Current)
            .Sample(
                (identifier, at, by) =>
                {
                    var digits = identifier.Digits().ToCharArray();
                    digits[at] = (char)('0' + (digits[at] - '0' + by) % 10);
                    return !PersonIdentifier.TryParse(new string(digits), IdentifierRule.Current, out _);
                }
            );

    [Fact]
    public void Orders_numbers_as_their_digits() =>
        Gen.Select(Synthetic.Identifier, Synthetic.Identifier)
            .Sample(
                (a, b) =>
                    Math.Sign(a.CompareTo(b)) == Math.Sign(string.CompareOrdinal(a.Digits(), b.Digits()))
                    && (a == b) == (a.Digits() == b.Digits())
            );
}
