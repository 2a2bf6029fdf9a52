using System.Text;

namespace HealthDataNode.Stack.Tests;

/// <summary>One span as it was exported: whose it is, and which trace it belongs to.</summary>
internal sealed record Span(string Service, string TraceId, string Name);

/// <summary>
/// Reads an OTLP ExportTraceServiceRequest (opentelemetry-proto v1) as far as <see cref="Span"/> needs it: field numbers
/// of resource_spans 1 {resource 1 {attributes 1 {key 1, value 2 {string_value 1}}}, scope_spans 2 {spans 2 {trace_id 1, name 5}}}.
/// </summary>
internal static class Spans
{
    public static List<Span> Read(ReadOnlyMemory<byte> request)
    {
        var spans = new List<Span>();
        foreach (var resourceSpans in Messages(request, 1))
        {
            var service = Messages(resourceSpans, 1)
                .SelectMany(resource => Messages(resource, 1))
                .Where(attribute => Text(attribute, 1) == "service.name")
                .Select(attribute => Text(Messages(attribute, 2).Single(), 1))
                .FirstOrDefault("");
            spans.AddRange(
                Messages(resourceSpans, 2)
                    .SelectMany(scopeSpans => Messages(scopeSpans, 2))
                    .Select(span => new Span(service, Convert.ToHexStringLower(Messages(span, 1).Single().Span), Text(span, 5)))
            );
        }
        return spans;
    }

    private static string Text(ReadOnlyMemory<byte> message, int field) =>
        Messages(message, field).Select(bytes => Encoding.UTF8.GetString(bytes.Span)).FirstOrDefault("");

    /// <summary>The length-delimited values of one field.</summary>
    private static List<ReadOnlyMemory<byte>> Messages(ReadOnlyMemory<byte> message, int field)
    {
        var found = new List<ReadOnlyMemory<byte>>();
        var at = 0;
        while (at < message.Length)
        {
            var tag = Varint(message.Span, ref at);
            switch (tag & 7)
            {
                case 0:
                    Varint(message.Span, ref at);
                    break;
                case 1:
                    at += 8;
                    break;
                case 2:
                    var length = (int)Varint(message.Span, ref at);
                    if ((int)(tag >> 3) == field)
                    {
                        found.Add(message.Slice(at, length));
                    }
                    at += length;
                    break;
                case 5:
                    at += 4;
                    break;
                default:
                    throw new InvalidDataException($"Wire type {tag & 7} is not of protobuf 3.");
            }
        }
        return found;
    }

    private static ulong Varint(ReadOnlySpan<byte> bytes, ref int at)
    {
        ulong value = 0;
        for (var shift = 0; ; shift += 7)
        {
            var next = bytes[at++];
            value |= (ulong)(next & 0x7f) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }
    }
}
