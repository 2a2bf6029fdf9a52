using Npgsql;

namespace HealthDataNode.Stack.Tests;

/// <summary>
/// SIGKILL in the middle of a step, started again as an operator would: the journey ends, and every row is there exactly
/// once. With `./test --long` every process, else those which hold the work at that step.
/// </summary>
[Collection(nameof(StackCollection))]
public sealed class Killing_a_process(Stack stack)
{
    private const string Decided = "decide-first";
    private const string Revokes = "revoke";
    private const string Tokenises = "identifiers are sealed";
    private const string Uploads = "rows are sealed";
    private const string Prepares = "an order is prepared";
    private const string Opens = "a delivery is announced";

    public static TheoryData<string, string> Kills()
    {
        var kills = new TheoryData<string, string>
        {
            { "cancerregistry", Uploads },
            { "gateway", Prepares },
            { "referencespe", Opens },
        };
        if (Environment.GetEnvironmentVariable("HDN_LONG") is { Length: > 0 })
        {
            kills.Add("permit", Decided);
            kills.Add("pseudonymisation", Tokenises);
            kills.Add("pseudonymisation", Prepares);
            kills.Add("deathregistry", Tokenises);
            kills.Add("hospitaltrust", Uploads);
            kills.Add("populationregister", Decided);
            kills.Add("referencespe", Revokes);
            kills.Add("gateway", Revokes);
            kills.Add("cancerregistry", Prepares);
            kills.Add("gateway", Decided);
            kills.Add("gateway", Uploads);
            kills.Add("gateway", Opens);
            kills.Add("permit", Prepares);
            kills.Add("speregistry", Opens);
            kills.Add("catalogue", Decided);
            kills.Add("audit", Prepares);
            kills.Add("edge", Uploads);
            kills.Add("keycloak", Decided);
            kills.Add("rabbitmq", Decided);
            kills.Add("postgres", Prepares);
        }
        return kills;
    }

    [Theory]
    [MemberData(nameof(Kills))]
    public async Task Costs_no_row_and_doubles_none(string name, string moment)
    {
        Stack.SkipWhereItCannotRun();
        (await stack.FirstJourney).MustHaveSucceeded();

        var journey = await stack.PlayAsync(async running =>
        {
            await ComesAsync(running, moment, name);
            stack.Kill(name);
            await stack.StartAgainAsync(name);
        });

        journey.MustHaveSucceeded();
        var (exitCode, output) = await stack.LedgerAsync();
        Assert.True(exitCode == 0, output);
        await Afterwards.NothingIsLeftAsync(stack);
    }

    private async Task ComesAsync(RunningJourney running, string moment, string name)
    {
        if (moment is Decided or Revokes)
        {
            await running.ReachesAsync(moment, "started");
            return;
        }
        var holder = name is "deathregistry" or "hospitaltrust" ? name : "cancerregistry";
        await using var gateway = await stack.DatabaseAsync("gateway");
        await running.WhenAsync(
            moment,
            moment switch
            {
                Tokenises => () => Task.FromResult(Exists("identifiers-1.seal", holder)),
                Uploads => () => Task.FromResult(Exists("rows-1.seal", holder)),
                Opens => () => Task.FromResult(Exists("announcement.json", "spe", ".ingress")),
                _ => () => AnyAsync(gateway, "preparing"),
            }
        );
    }

    private bool Exists(string file, params string[] folder)
    {
        try
        {
            return Directory.Exists(stack.In(folder))
                && Directory.EnumerateFiles(stack.In(folder), file, SearchOption.AllDirectories).Any();
        }
        catch (DirectoryNotFoundException)
        {
            // A folder went while it was looked through.
            return false;
        }
    }

    private static async Task<bool> AnyAsync(NpgsqlConnection gateway, string state)
    {
        await using var command = new NpgsqlCommand("SELECT EXISTS (SELECT FROM gateway.orders WHERE state = @state)", gateway);
        command.Parameters.AddWithValue("state", state);
        return (bool)(await command.ExecuteScalarAsync(TestContext.Current.CancellationToken))!;
    }
}
