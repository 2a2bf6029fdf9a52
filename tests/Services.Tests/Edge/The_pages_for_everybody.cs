using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;

namespace HealthDataNode.Services.Tests.Edge;

/// <summary>
/// What WCAG 2.1 AA asks of every page and a program can see: structure, names, languages, and the contrast of the
/// colours that our own styles put upon each other, in the light and in the dark scheme.
/// </summary>
public sealed partial class The_pages_for_everybody : IAsyncLifetime
{
    private static readonly string[] Void = ["meta", "link", "img", "br", "hr", "input", "rect", "path"];

    private PageStage stage = null!;

    public async ValueTask InitializeAsync() => stage = await PageStage.StartAsync();

    public ValueTask DisposeAsync() => stage.DisposeAsync();

    public static TheoryData<string> Pages =>
        [
            .. new[]
            {
                "/",
                "/privacy",
                $"/permits/{PageStage.Ended}",
                $"/permits/{PageStage.Young}",
                "/permits/nothing-is-called-so",
            }.SelectMany(page => new[] { $"{page}?lang=nb", $"{page}?lang=en" }),
        ];

    [Theory]
    [MemberData(nameof(Pages))]
    public async Task Are_well_formed_with_headings_in_order_and_names_for_everything(string address)
    {
        using var response = await stage.Browser.GetAsync(address, TestContext.Current.CancellationToken);
        var page = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Balanced(page);

        var headings = Heading().Matches(page).Select(match => int.Parse(match.Groups[1].Value)).ToArray();
        Assert.Equal(1, headings.Count(level => level == 1));
        Assert.Equal(1, headings[0]);
        Assert.All(headings.Zip(headings.Skip(1)), pair => Assert.True(pair.Second <= pair.First + 1, "A level of heading is left out."));

        var ids = Id().Matches(page).Select(match => match.Groups[1].Value).ToArray();
        Assert.Equal(ids.Distinct(), ids);
        var named = Labelled().Matches(page).SelectMany(match => match.Groups[1].Value.Split(' ')).ToArray();
        Assert.All(named, name => Assert.Contains(name, ids));
        var within = Fragment().Matches(page).Select(match => match.Groups[1].Value);
        Assert.All(within, name => Assert.Contains(name, ids));

        Assert.All(Table().Matches(page), table => Assert.Contains("aria-labelledby=", table.Value, StringComparison.Ordinal));
        Assert.All(HeaderCell().Matches(page), cell => Assert.Matches("scope=\"(col|row)\"", cell.Value));
        Assert.All(Image().Matches(page), image => Assert.Contains("alt=", image.Value, StringComparison.Ordinal));
        Assert.DoesNotMatch("<a [^>]*></a>", page);
        // Landmarks have a name each: what scrolls within a section is a group, not a second region of the same name.
        Assert.DoesNotContain("role=\"region\"", page, StringComparison.Ordinal);
        var sections = Section().Matches(page).Select(match => match.Groups[1].Value).ToArray();
        Assert.Equal(sections.Distinct(), sections);
        Assert.DoesNotMatch("tabindex=\"[1-9]", page);
        Assert.Matches("<title>[^<]+</title>", page);
        Assert.Contains("class=\"ds-skip-link\" href=\"#main\"", page, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/privacy")]
    [InlineData("/permits/" + PageStage.Ended)]
    public async Task Lead_to_the_same_page_in_the_other_language(string page)
    {
        var norwegian = await stage.PageAsync($"{page}?lang=nb");
        var english = await stage.PageAsync($"{page}?lang=en");
        Assert.Contains($"href=\"{page}?lang=en\" lang=\"en\"", norwegian, StringComparison.Ordinal);
        Assert.Contains($"href=\"{page}?lang=nb\" lang=\"nb\"", english, StringComparison.Ordinal);
        // Every row, step and heading is there in both.
        Assert.Equal(Element().Matches(norwegian).Select(m => m.Value), Element().Matches(english).Select(m => m.Value));
    }

    [Theory]
    [InlineData("nb", "aldri", "Det som ikke er hindret")]
    [InlineData("en", "never", "What is not prevented")]
    public async Task Say_who_sees_what_and_what_is_not_prevented(string language, string never, string open)
    {
        var page = await stage.PageAsync($"/privacy?lang={language}");
        var gateway = Row(page, "Gateway");
        Assert.Equal(never, gateway[0]); // an identifier
        Assert.NotEqual(never, gateway[3]); // a row
        var pseudonymisation = Row(page, "Pseudonymisation");
        Assert.NotEqual(never, pseudonymisation[0]);
        Assert.Equal(never, pseudonymisation[3]);
        Assert.Contains(open, page, StringComparison.Ordinal);
        Assert.Contains("./check leaks", page, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("light")]
    [InlineData("dark")]
    public async Task Have_enough_contrast_in_their_own_colours(string scheme)
    {
        var theme = await TextAsync("designsystemet-theme.css");
        var colours = Colours(theme, scheme);
        foreach (var (ink, ground, least) in Pairs)
        {
            var contrast = Contrast(colours[ink], colours[ground]);
            Assert.True(contrast >= least, $"{ink} on {ground} ({scheme}): {contrast:0.00}, less than {least}");
        }
    }

    [Fact]
    public async Task Use_no_colour_whose_contrast_is_not_looked_at()
    {
        var styles = await TextAsync("front-page.css");
        var known = Pairs.SelectMany(pair => new[] { pair.Ink, pair.Ground }).ToHashSet();
        var used = Token().Matches(styles).Select(match => match.Groups[1].Value).Distinct().ToArray();
        Assert.NotEmpty(used);
        Assert.All(used.Except(Decoration), token => Assert.Contains(token, known));
        Assert.DoesNotMatch("(?<![-&\\w])#[0-9a-f]{3,8}\\b|rgba?\\(|hsla?\\(", styles);
    }

    [Fact]
    public void Know_black_from_white()
    {
        Assert.Equal(21, Contrast("#000000", "#ffffff"), 2);
        Assert.Equal(4.54, Contrast("#767676", "#ffffff"), 2);
        Assert.Equal(1, Contrast("#0062ba", "#0062BA"), 2);
    }

    // Lines that only part what is understood without them (WCAG 1.4.11 asks nothing of them).
    private static readonly string[] Decoration = ["neutral-border-subtle"];

    /// <summary>What stands on what: 4.5 for text (1.4.3), 3 for signs and the outlines of things (1.4.11).</summary>
    private static readonly (string Ink, string Ground, double Least)[] Pairs =
    [
        ("neutral-text-default", "neutral-background-default", 4.5),
        ("neutral-text-default", "neutral-background-tinted", 4.5), // in the drawing of the node
        ("neutral-text-default", "neutral-surface-tinted", 4.5), // stores
        ("neutral-text-default", "brand1-surface-tinted", 4.5), // other parties
        ("neutral-text-default", "accent-background-tinted", 4.5), // the introduction
        ("neutral-text-default", "neutral-surface-default", 4.5), // cards
        ("neutral-text-subtle", "neutral-background-default", 4.5),
        ("neutral-text-subtle", "neutral-surface-default", 4.5),
        ("neutral-text-subtle", "accent-background-tinted", 4.5),
        ("accent-text-subtle", "neutral-background-default", 4.5), // links
        ("accent-text-subtle", "accent-background-tinted", 4.5),
        ("accent-text-default", "accent-surface-default", 4.5), // figures
        ("accent-base-contrast-default", "accent-base-default", 4.5), // Edge, numbers of the idea
        ("warning-text-default", "warning-surface-tinted", 4.5), // what is away
        ("success-text-default", "success-surface-tinted", 4.5), // tags
        ("danger-text-default", "danger-surface-tinted", 4.5),
        ("info-text-default", "info-surface-tinted", 4.5),
        ("neutral-text-default", "neutral-surface-tinted", 4.5),
        ("accent-base-default", "neutral-surface-default", 3), // dots that are done
        ("danger-base-default", "neutral-surface-default", 3), // squares where it stopped
        ("neutral-border-default", "neutral-surface-default", 3), // dots ahead, lines between
        ("neutral-border-default", "neutral-background-tinted", 3), // the node's outline
        ("accent-border-default", "neutral-background-tinted", 3), // services
        ("brand1-border-default", "neutral-background-default", 3), // parties
        ("warning-border-default", "neutral-background-default", 3),
        ("focus-outer", "neutral-background-default", 3),
    ];

    private async Task<string> TextAsync(string asset) => await stage.PageAsync($"/assets/{asset}");

    /// <summary>The theme's colours of a scheme, by name.</summary>
    private static Dictionary<string, string> Colours(string theme, string scheme)
    {
        var layer = theme[theme.IndexOf($"@layer ds.theme.color-scheme.{scheme}", StringComparison.Ordinal)..];
        layer = layer[..layer.IndexOf('}')];
        return Colour().Matches(layer).ToDictionary(match => match.Groups[1].Value, match => match.Groups[2].Value);
    }

    private static double Contrast(string one, string other)
    {
        var (a, b) = (Luminance(one), Luminance(other));
        return (Math.Max(a, b) + 0.05) / (Math.Min(a, b) + 0.05);
    }

    // WCAG 2.1, relative luminance.
    private static double Luminance(string colour)
    {
        double Part(int at)
        {
            var value = int.Parse(colour.AsSpan(at, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture) / 255.0;
            return value <= 0.03928 ? value / 12.92 : Math.Pow((value + 0.055) / 1.055, 2.4);
        }

        return (0.2126 * Part(1)) + (0.7152 * Part(3)) + (0.0722 * Part(5));
    }

    private static void Balanced(string page)
    {
        Stack<string> open = [];
        foreach (Match tag in Tag().Matches(page))
        {
            var name = tag.Groups[2].Value;
            if (tag.Groups[1].Value == "/")
            {
                Assert.True(open.TryPop(out var last) && last == name, $"</{name}> closes <{last}>: {page[..tag.Index][^80..]}");
            }
            else if (!Void.Contains(name))
            {
                open.Push(name);
            }
        }

        Assert.Empty(open);
    }

    private static string[] Row(string page, string party)
    {
        var start = page.IndexOf($"<th scope=\"row\">{party}</th>", StringComparison.Ordinal);
        Assert.True(start >= 0);
        return [.. CellText().Matches(page[start..page.IndexOf("</tr>", start, StringComparison.Ordinal)]).Select(m => m.Groups[1].Value)];
    }

    [GeneratedRegex("<(/?)([a-z][a-z0-9]*)[^>]*>")]
    private static partial Regex Tag();

    [GeneratedRegex("<[a-z][a-z0-9]*")]
    private static partial Regex Element();

    [GeneratedRegex("<h([1-6])[ >]")]
    private static partial Regex Heading();

    [GeneratedRegex(" id=\"([^\"]+)\"")]
    private static partial Regex Id();

    [GeneratedRegex("aria-labelledby=\"([^\"]+)\"")]
    private static partial Regex Labelled();

    [GeneratedRegex("href=\"#([^\"]+)\"")]
    private static partial Regex Fragment();

    [GeneratedRegex("<section aria-labelledby=\"([^\"]+)\"")]
    private static partial Regex Section();

    [GeneratedRegex("<table[^>]*>")]
    private static partial Regex Table();

    [GeneratedRegex("<th[ >][^>]*>?")]
    private static partial Regex HeaderCell();

    [GeneratedRegex("<img[^>]*>")]
    private static partial Regex Image();

    [GeneratedRegex("<td[^>]*>([^<]*)</td>")]
    private static partial Regex CellText();

    [GeneratedRegex("var\\(--ds-color-([a-z0-9-]+)\\)")]
    private static partial Regex Token();

    [GeneratedRegex("--ds-color-([a-z0-9-]+): (#[0-9A-Fa-f]{6});")]
    private static partial Regex Colour();
}
