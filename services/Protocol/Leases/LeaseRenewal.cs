using System.Diagnostics.Metrics;
using System.Text.Json;
using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Problems;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace HealthDataNode.Protocol.Leases;

/// <summary>
/// Renews a book about once a second, in one call for all that it holds (or a few, where it holds very many), and at once
/// when something new is held. A failure is only a lease that runs out: nothing is opened by it, and nothing ended.
/// </summary>
/// <typeparam name="TBook">The book.</typeparam>
/// <param name="book">What is held.</param>
/// <param name="source">Whom to ask.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Where the first failure after a success is said, and the first success after a failure.</param>
public sealed partial class LeaseRenewal<TBook>(
    TBook book,
    ILeaseSource<TBook> source,
    TimeProvider time,
    ILogger<LeaseRenewal<TBook>> logger
) : BackgroundService
    where TBook : LeaseBook
{
    /// <summary>How often an owner is asked.</summary>
    public static readonly TimeSpan Every = TimeSpan.FromSeconds(1);

    // A question that hangs does not keep the next one from being sent: each answer is good for its own time.
    private const int MostAtOnce = 3;

    // New holdings that come together are asked about together.
    private static readonly TimeSpan Gathering = TimeSpan.FromMilliseconds(50);
    private volatile bool failed;

    /// <summary>Asks about all that is held, once.</summary>
    /// <param name="cancel">Stops waiting.</param>
    /// <returns>Whether every answer was taken; true where nothing is held.</returns>
    public async Task<bool> RenewAsync(CancellationToken cancel)
    {
        var asked = 0;
        do
        {
            // Each question is about those whose answer is oldest.
            if (!await AskAsync(cancel))
            {
                return false;
            }

            asked += LeaseBook.MostIds;
        } while (asked < book.Held.Count);
        return true;
    }

    private async Task<bool> AskAsync(CancellationToken cancel)
    {
        if (book.Ask() is not { } question)
        {
            return true;
        }

        using var patience = new CancellationTokenSource(book.GoodFor, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancel, patience.Token);
        string? reason;
        try
        {
            var fault = book.Accept(question, await source.AskAsync(question, both.Token));
            reason = fault == LeaseFault.None ? null : fault.ToString();
        }
        catch (DocumentRefusedException refused)
        {
            reason = refused.Refusal.ToString();
        }
        catch (ProtocolProblemException refused)
        {
            reason = $"{refused.Problem.Status}";
        }
        catch (Exception exception)
            when (exception is HttpRequestException or IOException or JsonException
                || (exception is OperationCanceledException && !cancel.IsCancellationRequested)
            )
        {
            reason = exception.GetType().Name;
        }

        Say(reason);
        return reason is null;
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        List<Task> asking = [];
        while (!stoppingToken.IsCancellationRequested)
        {
            asking.RemoveAll(one => one.IsCompleted);
            if (asking.Count < MostAtOnce)
            {
                asking.Add(RenewWhateverComesAsync(stoppingToken));
            }

            await Task.WhenAny(book.Wanted, Task.Delay(Every, time, stoppingToken));
            await Task.Delay(Gathering, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await Task.WhenAll(asking);
    }

    private async Task RenewWhateverComesAsync(CancellationToken stoppingToken)
    {
        try
        {
            await RenewAsync(stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Stopping.
        }
#pragma warning disable CA1031 // Whatever it is: a book that nobody renews would pause everything for good.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            Say(exception.GetType().Name);
        }
    }

    private void Say(string? reason)
    {
        LeaseTelemetry.Renewals.Add(
            1,
            new KeyValuePair<string, object?>("book", typeof(TBook).Name),
            new KeyValuePair<string, object?>("taken", reason is null)
        );
        if (reason is not null && !failed)
        {
            NoAnswer(typeof(TBook).Name, reason);
        }
        else if (reason is null && failed)
        {
            Back(typeof(TBook).Name);
        }

        failed = reason is not null;
    }

    [LoggerMessage(LogLevel.Warning, "{Book} are not renewed ({Reason}): what runs under them pauses")]
    private partial void NoAnswer(string book, string reason);

    [LoggerMessage(LogLevel.Information, "{Book} are renewed again")]
    private partial void Back(string book);
}

/// <summary>Measures of leases.</summary>
internal static class LeaseTelemetry
{
    private static readonly Meter Meter = new("HealthDataNode.Leases");

    public static readonly Counter<long> Renewals = Meter.CreateCounter<long>("leases.renewals", "{answer}");
}
