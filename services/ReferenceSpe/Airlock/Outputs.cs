using System.Text.Json;
using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Trust;
using HealthDataNode.ReferenceSpe.Airlock.Checking;
using HealthDataNode.ReferenceSpe.State;
using Microsoft.Data.Sqlite;

namespace HealthDataNode.ReferenceSpe.Airlock;

/// <summary>How a vote was taken.</summary>
internal enum VoteOutcome
{
    /// <summary>It counts.</summary>
    Taken,

    /// <summary>There is no such request, or it waits for nobody's vote.</summary>
    Closed,

    /// <summary>The person asked for it, or is named in the permit.</summary>
    Conflict,

    /// <summary>It was over other files than those of the request.</summary>
    OtherDigest,

    /// <summary>The files are not those that were checked: nobody can vote on them any more.</summary>
    Changed,

    /// <summary>The person has voted otherwise before.</summary>
    GivenBefore,
}

/// <summary>
/// The output requests of this SPE (EHDS 73(2)). What was decided and what the node is to know of it are written in one
/// transaction; the release is signed in the same.
/// </summary>
internal sealed class Outputs
{
    private const string Schema = """
        CREATE TABLE IF NOT EXISTS output (
            id TEXT PRIMARY KEY, lineage TEXT NOT NULL, sub TEXT NOT NULL, purpose TEXT NOT NULL, context TEXT NOT NULL,
            asked TEXT NOT NULL, state TEXT NOT NULL, digest TEXT, files TEXT NOT NULL DEFAULT '[]', findings TEXT NOT NULL DEFAULT '[]',
            release TEXT, requested_at INTEGER NOT NULL);
        CREATE TABLE IF NOT EXISTS output_vote (
            output TEXT NOT NULL REFERENCES output (id), sub TEXT NOT NULL, vote TEXT NOT NULL, digest TEXT NOT NULL,
            reasons TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (output, sub));
        """;

    /// <summary>How many requests of one room may wait for the checks and for the output checkers.</summary>
    public const int MostWaiting = 20;

    private const string Columns = "id, lineage, sub, purpose, context, asked, state, digest, files, findings";

    private readonly StateDatabase state;
    private readonly Outbox outbox;
    private readonly DocumentSigner signer;
    private readonly OutputFiles files;
    private readonly Lineages lineages;
    private readonly OutputRequested requested;
    private readonly TimeProvider time;

    public Outputs(
        StateDatabase state,
        Outbox outbox,
        DocumentSigner signer,
        OutputFiles files,
        Lineages lineages,
        OutputRequested requested,
        TimeProvider time
    )
    {
        (this.state, this.outbox, this.signer, this.requested, this.time) = (state, outbox, signer, requested, time);
        (this.files, this.lineages) = (files, lineages);
        using var connection = state.Open();
        connection.Execute(Schema);
    }

    /// <summary>Null where as many wait in the room already as may.</summary>
    public Output? Request(string lineage, string sub, string purpose, string context, IReadOnlyList<AskedFile> asked) =>
        state.InTransaction(transaction =>
        {
            var waiting = transaction.Query(
                "SELECT count(*) FROM output WHERE lineage = $0 AND state IN ('checking', 'open')",
                row => row.GetInt32(0),
                lineage
            );
            if (waiting.Single() >= MostWaiting)
            {
                return null;
            }

            var now = time.GetUtcNow();
            var output = new Output(Guid.CreateVersion7(now).ToString(), lineage, sub, purpose, context, asked);
            transaction.Execute(
                """
                INSERT INTO output (id, lineage, sub, purpose, context, asked, state, requested_at)
                VALUES ($0, $1, $2, $3, $4, $5, $6, $7)
                """,
                output.Id,
                lineage,
                sub,
                purpose,
                context,
                JsonSerializer.Serialize(asked),
                output.State,
                now.ToUnixTimeMilliseconds()
            );
            Audit(
                transaction,
                output,
                "output-requested",
                sub,
                ("files", $"{asked.Count}"),
                ("jobs", string.Join(' ', asked.Select(file => file.Job).Distinct()))
            );
            requested.Pulse.Beat();
            return output;
        });

    public Output? Find(string id)
    {
        using var connection = state.Open();
        return Find(connection, id);
    }

    /// <summary>Those in a state, oldest first.</summary>
    public List<Output> In(string wanted)
    {
        using var connection = state.Open();
        return connection.Query($"SELECT {Columns} FROM output WHERE state = $0 ORDER BY requested_at, rowid", Read, wanted);
    }

    /// <summary>Whether a person has voted on a request.</summary>
    public bool HasVoted(string id, string sub)
    {
        using var connection = state.Open();
        return connection.Query("SELECT 1 FROM output_vote WHERE output = $0 AND sub = $1", _ => true, id, sub).Count > 0;
    }

    /// <summary>The automatic checks are over.</summary>
    public void Checked(Output output, IReadOnlyList<ReleasedFile> taken, IReadOnlyList<Finding> findings) =>
        state.InTransaction(transaction =>
        {
            var next = findings.Count == 0 ? OutputStates.Open : OutputStates.Refused;
            transaction.Execute(
                "UPDATE output SET state = $1, digest = $2, files = $3, findings = $4 WHERE id = $0 AND state = 'checking'",
                output.Id,
                next,
                next == OutputStates.Open ? Release.DigestOf(taken) : null,
                JsonSerializer.Serialize(next == OutputStates.Open ? taken : []),
                JsonSerializer.Serialize(findings)
            );
            Audit(
                transaction,
                output,
                next == OutputStates.Open ? "output-checked" : "output-refused",
                null,
                ("rules", findings.Count == 0 ? "none" : string.Join(' ', findings.Select(f => f.Rule).Distinct()))
            );
        });

    /// <summary>Takes a vote over the files as they lie there now; the last that is needed releases them.</summary>
    public VoteOutcome Vote(string id, string sub, string digest, string vote, string reasons) =>
        state.InTransaction(transaction =>
        {
            if (Find(transaction, id) is not { State: OutputStates.Open } output)
            {
                return VoteOutcome.Closed;
            }

            if (IsPartial(output, sub))
            {
                Audit(transaction, output, "vote-refused", sub);
                return VoteOutcome.Conflict;
            }

            if (!files.AreAsChecked(output))
            {
                RefuseAsChanged(transaction, output);
                return VoteOutcome.Changed;
            }

            if (digest != output.Digest)
            {
                return VoteOutcome.OtherDigest;
            }

            var votes = VotesOn(transaction, id);
            if (votes.Find(v => v.Sub == sub) is { } before)
            {
                return before.Vote == vote ? VoteOutcome.Taken : VoteOutcome.GivenBefore;
            }

            var now = time.GetUtcNow().ToUnixTimeSeconds();
            transaction.Execute("INSERT INTO output_vote VALUES ($0, $1, $2, $3, $4, $5)", id, sub, vote, digest, reasons, now);
            Audit(transaction, output, "output-voted", sub, ("vote", vote), ("digest", digest));
            votes.Add(new ReleaseVote(sub, vote, now));
            if (vote == ReleaseVote.Reject)
            {
                // Before it is written: where that fails, files that are not there are files that were changed.
                Move(transaction, output, OutputStates.Rejected);
                PrivateFolder.Delete(files.Folder(output));
                Audit(transaction, output, "output-rejected", null);
            }
            else if (votes.Count >= Release.VotesNeeded)
            {
                ReleaseFiles(transaction, output, votes, now);
            }

            return VoteOutcome.Taken;
        });

    /// <summary>The reviewer is never the requester, nor anybody whom the permit names (EHDS 55(3), 73(2)).</summary>
    public bool IsPartial(Output output, string sub) =>
        sub == output.Sub || lineages.PermitsOf(output.Lineage).Any(version => version.Payload.Persons.Contains(sub));

    /// <summary>Says that a person took a released file.</summary>
    public void Fetched(Output output, string sub, string file) =>
        state.InTransaction(transaction => Audit(transaction, output, "output-fetched", sub, ("file", file)));

    /// <summary>Forgets the requests of a room: what people wrote here can hold what they saw.</summary>
    public static void Forget(SqliteConnection transaction, string lineage)
    {
        transaction.Execute("DELETE FROM output_vote WHERE output IN (SELECT id FROM output WHERE lineage = $0)", lineage);
        transaction.Execute("DELETE FROM output WHERE lineage = $0", lineage);
    }

    private void ReleaseFiles(SqliteConnection transaction, Output output, List<ReleaseVote> votes, long now)
    {
        var release = signer.Sign(
            new Release
            {
                Lineage = output.Lineage,
                Permit = lineages.HeadOf(output.Lineage)!.Digest,
                Spe = signer.Party,
                Request = output.Id,
                Purpose = output.Purpose,
                Digest = output.Digest!,
                Files = output.Files,
                Rules =
                [
                    .. Rules.OfChecks.Select(rule => new ReleaseRule(
                        rule,
                        output.Files.Any(file => Rules.Applies(rule, file.Type)) ? ReleaseRule.Passed : ReleaseRule.NotApplicable
                    )),
                ],
                Votes = votes,
                At = now,
            }
        );
        transaction.Execute("UPDATE output SET state = 'released', release = $1 WHERE id = $0", output.Id, release.Text);
        outbox.Add(transaction, "permit", $"permit/v1/permits/{output.Lineage}/releases", release.Text);
        Audit(transaction, output, "output-released", null, ("release", release.Digest));
    }

    private void RefuseAsChanged(SqliteConnection transaction, Output output)
    {
        transaction.Execute(
            "UPDATE output SET state = 'refused', findings = $1 WHERE id = $0",
            output.Id,
            JsonSerializer.Serialize(output.Files.Select(file => new Finding(Rules.Changed, file.Name, null)))
        );
        PrivateFolder.Delete(files.Folder(output));
        Audit(transaction, output, "output-refused", null, ("rules", Rules.Changed));
    }

    private static void Move(SqliteConnection transaction, Output output, string to) =>
        transaction.Execute("UPDATE output SET state = $1 WHERE id = $0", output.Id, to);

    private static List<ReleaseVote> VotesOn(SqliteConnection connection, string id) =>
        connection.Query(
            "SELECT sub, vote, at FROM output_vote WHERE output = $0 ORDER BY at, rowid",
            row => new ReleaseVote(row.GetString(0), row.GetString(1), row.GetInt64(2)),
            id
        );

    private static Output? Find(SqliteConnection connection, string id) =>
        connection.Query($"SELECT {Columns} FROM output WHERE id = $0", Read, id).SingleOrDefault();

    private void Audit(
        SqliteConnection transaction,
        Output output,
        string action,
        string? sub,
        params ReadOnlySpan<(string, string)> more
    ) => outbox.AddAudit(transaction, action, sub, [("lineage", output.Lineage), ("output", output.Id), .. more]);

    private static Output Read(SqliteDataReader row) =>
        new(
            row.GetString(0),
            row.GetString(1),
            row.GetString(2),
            row.GetString(3),
            row.GetString(4),
            JsonSerializer.Deserialize<List<AskedFile>>(row.GetString(5))!,
            row.GetString(6),
            row.Text(7)
        )
        {
            Files = JsonSerializer.Deserialize<List<ReleasedFile>>(row.GetString(8))!,
            Findings = JsonSerializer.Deserialize<List<Finding>>(row.GetString(9))!,
        };
}

/// <summary>Wakes the worker that checks outputs.</summary>
internal sealed class OutputRequested
{
    public Pulse Pulse { get; } = new();
}
