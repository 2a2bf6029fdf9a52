using System.Globalization;
using System.Text.Json;
using DuckDB.NET.Data;
using HealthDataNode.ReferenceSpe.Jobs;
using Microsoft.Win32.SafeHandles;

namespace HealthDataNode.ReferenceSpe.Sandboxed;

/// <summary>
/// What runs inside the sandbox: <c>job MEGABYTES</c> reads <c>query.sql</c>, runs it over the workspace and writes
/// <c>result.parquet</c>; how it went is said on descriptor 3. <c>job probe</c> shows that a sandbox works.
/// </summary>
internal static class JobProgram
{
    public static async Task<int> RunAsync(string[] arguments)
    {
        if (arguments is ["probe"])
        {
            using var room = new Room(null, 64);
            Say("ready");
            return 0;
        }

        var outcome = arguments is ["convert", var megabytes]
            ? Conversion.Run(int.Parse(megabytes, CultureInfo.InvariantCulture))
            : await RunAsync(int.Parse(arguments[0], CultureInfo.InvariantCulture));
        Say(JsonSerializer.Serialize(outcome));
        return outcome == JobOutcome.Done ? 0 : 1;
    }

    private static async Task<JobOutcome> RunAsync(int megabytes)
    {
        var sql = await File.ReadAllTextAsync("query.sql");
        try
        {
            // Half of what the process may have: the runtime and the result's buffers take the rest.
            using var room = new Room(Sandbox.Database, megabytes / 2);
            if (new Statement(room).Judge(sql) is { } refusal)
            {
                return refusal;
            }

            await new ResultFile(room).WriteAsync(sql, "result.parquet");
            return JobOutcome.Done;
        }
        catch (DuckDBException exception)
        {
            return DuckErrors.Of(exception, sql);
        }
        catch (OutOfMemoryException)
        {
            return JobOutcome.Failed(JobErrors.OutOfMemory);
        }
        catch (OverflowException)
        {
            return JobOutcome.Failed(JobErrors.Conversion);
        }
#pragma warning disable CA1031 // Its text could hold a cell: it goes nowhere.
        catch (Exception)
#pragma warning restore CA1031
        {
            return JobOutcome.Failed(JobErrors.Internal);
        }
    }

    private static void Say(string text)
    {
        using var channel = new FileStream(new SafeFileHandle(3, ownsHandle: false), FileAccess.Write, 0);
        channel.Write(System.Text.Encoding.UTF8.GetBytes(text));
    }
}
