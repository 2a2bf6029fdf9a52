using System.Globalization;
using System.Text;
using System.Text.Json;
using DuckDB.NET.Data;
using HealthDataNode.ReferenceSpe.Jobs;

namespace HealthDataNode.ReferenceSpe.Sandboxed;

/// <summary>DuckDB's errors as class and position. Their text is dropped here: <c>error()</c> and casts carry cells.</summary>
internal static class DuckErrors
{
    public static JobOutcome Of(DuckDBException exception, string sql)
    {
        // errors_as_json: the message is a JSON object, maybe behind a prefix.
        var start = exception.Message.IndexOf('{', StringComparison.Ordinal);
        try
        {
            using var error = JsonDocument.Parse(start < 0 ? "{}" : exception.Message[start..]);
            var kind = error.RootElement.TryGetProperty("exception_type", out var type) ? type.GetString() : null;
            return ClassOf(kind) switch
            {
                JobErrors.Refused => JobOutcome.Refused(JobErrors.Refused),
                var other when JobErrors.HasPosition(other) => JobOutcome.Failed(other, Position(error.RootElement, sql)),
                var other => JobOutcome.Failed(other),
            };
        }
        catch (JsonException)
        {
            return JobOutcome.Failed(JobErrors.Internal);
        }
    }

    /// <summary>The error's place in characters; DuckDB counts bytes.</summary>
    public static int? Position(JsonElement error, string sql)
    {
        if (
            !error.TryGetProperty("position", out var text)
            || !int.TryParse(text.GetString(), NumberStyles.None, CultureInfo.InvariantCulture, out var bytes)
        )
        {
            return null;
        }

        var utf8 = Encoding.UTF8.GetBytes(sql);
        return bytes <= utf8.Length ? Encoding.UTF8.GetCharCount(utf8, 0, bytes) : null;
    }

    private static string ClassOf(string? kind) =>
        kind switch
        {
            "Parser" or "Syntax" => JobErrors.Parser,
            "Binder" or "Catalog" or "Not implemented" or "Mismatch Type" or "Parameter Not Resolved" => JobErrors.Binder,
            "Conversion" or "Out of Range" or "Invalid Input" or "Invalid type" or "Decimal" or "Divide by Zero" or "Constraint" =>
                JobErrors.Conversion,
            "Out of Memory" => JobErrors.OutOfMemory,
            "Permission" or "IO" or "HTTP" or "Missing Extension" or "Autoloading" => JobErrors.Refused,
            _ => JobErrors.Internal,
        };
}
