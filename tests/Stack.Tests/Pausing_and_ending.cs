using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace HealthDataNode.Stack.Tests;

/// <summary>
/// One journey, in whose last step a room is open, one order waits at its holder and another is on its way over a slow
/// line. Permit goes down, the SPE is suspended, and a decision is taken back in the second in which Permit and the broker
/// die.
/// </summary>
[Collection(nameof(StackCollection))]
public sealed class Pausing_and_ending(Stack stack)
{
    // Bytes a second: well above what a server takes for a dead line, and the Edge passes on 4 KiB at a time.
    private const int Slow = 1000;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    [Fact]
    [Trait("Invariant", "1")]
    [Trait("Invariant", "10")]
    [Trait("Invariant", "12")]
    [Trait("Article", "EHDS 63(3)")]
    [Trait("Article", "EHDS 73(3)")]
    public async Task Rooms_and_transfers_wait_for_Permit_and_for_the_SPEs_approval_and_a_revocation_holds_although_Permit_and_the_broker_die()
    {
        Stack.SkipWhereItCannotRun();
        (await stack.FirstJourney).MustHaveSucceeded();
        using var auditor = await stack.SignInAsync("spe.auditor");

        var journey = await stack.PlayAsync(async running =>
        {
            await running.ReachesAsync("revoke", "started");
            Line("deathregistry", 0);
            using var room = await RoomAsync();
            var before = await LineagesAsync();
            var lineage = "";
            await running.WhenAsync("the orders of the second permit", async () => (lineage = await NewAsync(before)).Length > 0);
            Line("hospitaltrust", Slow);
            var order = await stack.ScalarAsync<string>("gateway", $"SELECT id FROM gateway.orders WHERE {Treatment(lineage)}");
            using var transfer = await TransferAsync(order);
            await running.WhenAsync("a transfer", () => Task.FromResult(transfer.Bytes > 0));

            await PermitGoesDownAsync(room, transfer);
            await SpeIsSuspendedAsync(auditor, room, lineage);
            await DecisionIsTakenBackAsync(running, room, transfer, lineage);
        });

        // It has seen the register say that the data are deleted and the key is shredded.
        journey.MustHaveSucceeded();
        var (exitCode, output) = await stack.LedgerAsync();
        Assert.True(exitCode == 0, output);
        await Afterwards.NothingIsLeftAsync(stack);
    }

    private async Task PermitGoesDownAsync(Room room, Transfer transfer)
    {
        await room.IsAsync(HttpStatusCode.OK);
        stack.Kill("permit");
        await room.IsAsync(HttpStatusCode.ServiceUnavailable);
        await transfer.IsAsync(HttpStatusCode.ServiceUnavailable);
        var arrived = transfer.Bytes;
        await room.IsAsync(HttpStatusCode.ServiceUnavailable);
        Assert.Equal(arrived, transfer.Bytes);
        await stack.StartAgainAsync("permit");
        await room.IsAsync(HttpStatusCode.OK);
        await Eventually.TrueAsync("the transfer to go on", Patience, () => transfer.Bytes > arrived);
        // It lasts until the decision is taken back.
        Line("hospitaltrust", 0);
    }

    private async Task SpeIsSuspendedAsync(Person auditor, Room room, string lineage)
    {
        await RuleAsync(auditor, "suspensions", new { reasons = "Two findings are open." });
        await room.IsAsync(HttpStatusCode.ServiceUnavailable);
        await Eventually.TrueAsync(
            "the other holder to be given no token",
            Patience,
            async () => (await TokensAsync(lineage)).Contains("environment-not-approved", StringComparison.Ordinal)
        );
        File.Delete(Throttle("deathregistry"));
        Assert.Equal("issued", await stack.ScalarAsync<string>("gateway", $"SELECT state FROM gateway.orders WHERE {Death(lineage)}"));
        await RuleAsync(
            auditor,
            "approvals",
            new { until = DateTime.UtcNow.AddYears(1).ToString("O"), reasons = "The findings are closed." }
        );
        await room.IsAsync(HttpStatusCode.OK);
    }

    // The journey does it, once the other source has been delivered.
    private async Task DecisionIsTakenBackAsync(RunningJourney running, Room room, Transfer transfer, string lineage)
    {
        await running.WhenAsync(
            "the decision about the source on its way to be taken back",
            () =>
                stack.ScalarAsync<bool>(
                    "permit",
                    $"SELECT NOT 'treatment' = ANY (sources) FROM permit.permits WHERE lineage = '{lineage}' ORDER BY version DESC LIMIT 1"
                )
        );
        stack.Kill("permit");
        stack.Kill("rabbitmq");
        Line("hospitaltrust", Slow);
        await room.IsAsync(HttpStatusCode.ServiceUnavailable);
        await transfer.IsNotAsync(HttpStatusCode.NoContent);
        var arrived = transfer.Bytes;
        await stack.StartAgainAsync("rabbitmq");
        Assert.True(transfer.Bytes <= arrived, "The transfer went on.");
        await room.IsAsync(HttpStatusCode.ServiceUnavailable);
        await stack.StartAgainAsync("permit");
        await Eventually.TrueAsync(
            "the order to end",
            Patience,
            async () =>
                await stack.ScalarAsync<string>("gateway", $"SELECT state FROM gateway.orders WHERE {Treatment(lineage)}") == "rejected"
        );
        await Eventually.TrueAsync("its parts to be deleted", Patience, () => transfer.Bytes == 0);
    }

    private static string Treatment(string lineage) => $"lineage = '{lineage}' AND source = 'treatment'";

    private static string Death(string lineage) => $"lineage = '{lineage}' AND source = 'death'";

    private string Throttle(string holder) => stack.In(holder, "throttle");

    private void Line(string holder, int bytesPerSecond) => File.WriteAllText(Throttle(holder), $"{bytesPerSecond}\n");

    // What the holder is answered when it asks for tokens: here without a part, which comes second.
    private async Task<string> TokensAsync(string lineage)
    {
        using var holder = await stack.MachineAsync("deathregistry", "pseudonymisation");
        var digest = await stack.ScalarAsync<string>("gateway", $"SELECT digest FROM gateway.orders WHERE {Death(lineage)}");
        using var nothing = new ByteArrayContent([]);
        using var answer = await holder.PostAsync(
            $"/pseudonymisation/v1/orders/{digest.Trim()}/tokens/1",
            nothing,
            TestContext.Current.CancellationToken
        );
        return await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
    }

    private Task<string> LineagesAsync() =>
        stack.ScalarAsync<string>("gateway", "SELECT string_agg(DISTINCT lineage, ' ') FROM gateway.orders");

    // The lineage that two orders were issued for since.
    private Task<string> NewAsync(string before) =>
        stack.ScalarAsync<string>(
            "gateway",
            $"""
            SELECT coalesce(min(lineage), '') FROM (
                SELECT lineage FROM gateway.orders WHERE NOT lineage = ANY (string_to_array('{before}', ' ')) AND state <> 'issuing'
                GROUP BY lineage HAVING count(*) = 2) AS new
            """
        );

    private static async Task RuleAsync(Person auditor, string ruling, object body)
    {
        using var answer = await auditor.SendAsync(
            HttpMethod.Post,
            $"/speregistry/v1/environments/referencespe/{ruling}",
            body,
            auditor.Csrf
        );
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    // A room of a permit that stays in force, as its person finds it at the SPE's door.
    private async Task<Room> RoomAsync()
    {
        var cancellation = TestContext.Current.CancellationToken;
        using var anybody = stack.Client();
        var environment = await anybody.GetFromJsonAsync<JsonNode>("/speregistry/v1/environments/referencespe", cancellation);
        var person = await stack.SignInAsync("nora.researcher", new Uri((string)environment!["doorUrl"]!));
        var rooms = await person.Browser.GetFromJsonAsync<JsonArray>("/v1/workspaces", cancellation);
        return new(person, (string)rooms![0]!["lineage"]!);
    }

    private async Task<Transfer> TransferAsync(string order) =>
        new(
            await stack.MachineAsync("hospitaltrust", "gateway"),
            $"/gateway/v1/orders/{order}/parts",
            stack.In("gateway", "orders", order)
        );

    private sealed record Room(Person Person, string Lineage) : IDisposable
    {
        public Task IsAsync(HttpStatusCode status) =>
            Eventually.TrueAsync(
                $"the room to be {status}",
                Patience,
                async () =>
                {
                    using var answer = await Person.SendAsync(HttpMethod.Get, $"/v1/workspaces/{Lineage}", null, null);
                    return answer.StatusCode == status;
                }
            );

        public void Dispose() => Person.Dispose();
    }

    /// <summary>A holder's line into Gateway: what it is answered when it asks, and what has come.</summary>
    private sealed record Transfer(HttpClient Holder, string Path, string Folder) : IDisposable
    {
        public long Bytes
        {
            get
            {
                try
                {
                    return new DirectoryInfo(Folder).EnumerateFiles("*.c4gh", SearchOption.AllDirectories).Sum(file => file.Length);
                }
                catch (Exception gone) when (gone is DirectoryNotFoundException or FileNotFoundException)
                {
                    return 0;
                }
            }
        }

        public Task IsAsync(HttpStatusCode status) =>
            Eventually.TrueAsync($"the transfer to be {status}", Patience, async () => await StatusAsync() == status);

        public Task IsNotAsync(HttpStatusCode status) =>
            Eventually.TrueAsync($"the transfer not to be {status}", Patience, async () => await StatusAsync() != status);

        public void Dispose() => Holder.Dispose();

        private async Task<HttpStatusCode> StatusAsync()
        {
            using var ask = new HttpRequestMessage(HttpMethod.Options, Path);
            using var answer = await Holder.SendAsync(ask, TestContext.Current.CancellationToken);
            return answer.StatusCode;
        }
    }
}
