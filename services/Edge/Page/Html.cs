using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Unicode;

namespace HealthDataNode.Edge.Page;

/// <summary>
/// Markup that is safe to send, written as an interpolated string: the literal is ours, and whatever stands in a hole
/// is escaped unless it is <see cref="Html"/> itself. Attributes are always quoted. There is no other way to make one.
/// </summary>
[InterpolatedStringHandler]
internal sealed class Html(int literalLength, int holes)
{
    private static readonly HtmlEncoder Encoder = HtmlEncoder.Create(UnicodeRanges.All);

    private readonly StringBuilder markup = new(literalLength + (holes * 32));

    public static Html Nothing => $"";

    /// <summary>The markup itself: for where the compiler would take a plain string.</summary>
    public static Html Of(Html markup) => markup;

    public void AppendLiteral(string literal) => markup.Append(literal);

    public void AppendFormatted(string? text) => markup.Append(Encoder.Encode(text ?? ""));

    public void AppendFormatted(long number) => markup.Append(CultureInfo.InvariantCulture, $"{number}");

    public void AppendFormatted(Html inner) => markup.Append(inner.markup);

    public void AppendFormatted(IEnumerable<Html> inner)
    {
        foreach (var one in inner)
        {
            AppendFormatted(one);
        }
    }

    public override string ToString() => markup.ToString();
}
