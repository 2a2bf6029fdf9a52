using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Text;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>A text with holes whose values are known when processes start.</summary>
[SuppressMessage("Design", "CA1034", Justification = "Shape of the original.")]
public sealed class ReferenceExpression : IValueProvider, IManifestExpressionProvider
{
    private readonly IReadOnlyList<(string? Text, IValueProvider? Value, string? Format)> parts;

    private ReferenceExpression(IReadOnlyList<(string?, IValueProvider?, string?)> parts) => this.parts = parts;

    /// <inheritdoc/>
    public string ValueExpression =>
        string.Concat(parts.Select(part => part.Text ?? (part.Value as IManifestExpressionProvider)?.ValueExpression ?? ""));

    /// <summary>Makes one from an interpolated string.</summary>
    public static ReferenceExpression Create(in ExpressionInterpolatedStringHandler handler) => new(handler.Parts);

    /// <inheritdoc/>
    public async ValueTask<string?> GetValueAsync(CancellationToken cancellationToken = default)
    {
        var text = new StringBuilder();
        foreach (var part in parts)
        {
            var value = part.Text ?? await part.Value!.GetValueAsync(cancellationToken) ?? "";
            text.Append(part.Format == "uri" ? Uri.EscapeDataString(value) : value);
        }
        return text.ToString();
    }

    /// <summary>What the compiler turns the interpolated string into.</summary>
    [InterpolatedStringHandler]
    [SuppressMessage("Style", "IDE0060", Justification = "The compiler asks for these parameters.")]
    public readonly ref struct ExpressionInterpolatedStringHandler(int literalLength, int formattedCount)
    {
        internal List<(string?, IValueProvider?, string?)> Parts { get; } = new(formattedCount * 2 + literalLength % 2);

        /// <summary>Text between holes.</summary>
        public void AppendLiteral(string value) => Parts.Add((value, null, null));

        /// <summary>A text.</summary>
        public void AppendFormatted(string? value, string? format = null) => Parts.Add((value ?? "", null, format));

        /// <summary>A value that is known later.</summary>
        public void AppendFormatted<T>(T valueProvider, string? format = null)
            where T : IValueProvider, IManifestExpressionProvider => Parts.Add((null, valueProvider, format));

        /// <summary>A resource with such a value.</summary>
        public void AppendFormatted<T>(IResourceBuilder<T> valueProvider, string? format = null)
            where T : IResource, IValueProvider, IManifestExpressionProvider => Parts.Add((null, valueProvider.Resource, format));
    }
}
