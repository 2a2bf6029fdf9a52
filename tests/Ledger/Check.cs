using System.Text.Json;
using System.Text.Json.Nodes;

namespace HealthDataNode.Ledger;

/// <summary>Compares every workspace with the raw files, and completes the journey's report.</summary>
internal static class Check
{
    public static int Run(DirectoryInfo data, FileInfo? report)
    {
        var workspaces = Workspace.In(data);
        if (workspaces.Count == 0)
        {
            Console.Error.WriteLine($"Nothing to check: no workspace under {data.FullName}/spe. Run ./run first.");
            return 4;
        }
        var scratch = Path.Combine(data.FullName, "ledger");
        Directory.CreateDirectory(scratch);
        try
        {
            var journey = report?.Exists == true ? JsonNode.Parse(File.ReadAllText(report.FullName))!.AsObject() : null;
            var persons = Persons.In(data);
            var equal = true;
            foreach (var workspace in workspaces)
            {
                var mine = journey is not null && (string?)journey["lineage"] == workspace.Lineage;
                equal &= Compare(data, workspace, persons, scratch, mine ? journey : null);
            }
            if ((string?)journey?["revokedLineage"] is { } ended)
            {
                equal &= IsGone(data, ended);
            }
            if (journey is not null)
            {
                Complete(journey, data);
                File.WriteAllText(report!.FullName, journey.ToJsonString(new JsonSerializerOptions { WriteIndented = true }) + "\n");
            }
            return equal ? 0 : 1;
        }
        finally
        {
            Directory.Delete(scratch, recursive: true);
        }
    }

    private static bool Compare(DirectoryInfo data, Workspace workspace, Persons persons, string scratch, JsonObject? journey)
    {
        using var sent = new Side(Path.Combine(scratch, "sent"));
        using var opened = new Side(Path.Combine(scratch, "opened"));
        var sources = new JsonArray();
        var equal = true;
        foreach (var delivery in workspace.Deliveries)
        {
            sent.AddRaw(Path.Combine(data.FullName, "holder", delivery.Source + ".csv"), delivery, persons);
            opened.AddOpened(workspace.Database, delivery);
            var (raw, room) = (sent.Sources[delivery.Source], opened.Sources[delivery.Source]);
            var rows = raw.Rows - raw.Invalid - raw.Withheld;
            var same =
                delivery.HasReceipt
                && rows == delivery.Rows
                && delivery.Rows == room.Rows
                && raw.Persons == room.Persons
                && raw.Digest.ToString() == room.Digest.ToString()
                // Whoever had said no when this source was decided is in its list (EHDS 71(3)).
                && delivery.OptOutList >= ((long?)journey?["declaredBefore"]?[delivery.Source] ?? 0);
            var disclosed = Disclosures.Count(data, workspace.Lineage, delivery.Source, persons, raw.Persons);
            if (disclosed != raw.Persons)
            {
                same = false;
                Console.WriteLine($"{workspace.Lineage} {delivery.Source}: {disclosed} persons in its holder's disclosure log");
            }
            equal &= same;
            Console.WriteLine(
                $"{workspace.Lineage} {delivery.Source}: {raw.Rows} extracted, {raw.Withheld} withheld, {raw.Invalid} invalid, {delivery.Rows} delivered, "
                    + $"{room.Rows} opened, {room.Persons} persons, digests {(same ? "equal" : "DIFFERENT")}"
            );
            sources.Add(
                new JsonObject
                {
                    ["id"] = delivery.Source,
                    ["extracted"] = raw.Rows,
                    ["withheld"] = raw.Withheld,
                    ["invalid"] = raw.Invalid,
                    ["uploaded"] = rows,
                    // No permit has a cohort yet.
                    ["outsideCohort"] = 0,
                    ["delivered"] = delivery.Rows,
                    ["opened"] = room.Rows,
                    ["persons"] = room.Persons,
                    ["rowDigestSent"] = raw.Digest.ToString(),
                    ["rowDigestOpened"] = room.Digest.ToString(),
                }
            );
        }
        var (linkageSent, linkageOpened) = (sent.LinkageDigest(), opened.LinkageDigest());
        equal &= linkageSent == linkageOpened;
        Console.WriteLine($"{workspace.Lineage} linkage: {(linkageSent == linkageOpened ? "equal" : "DIFFERENT")} {linkageOpened}");
        if (journey is not null)
        {
            journey["sources"] = sources;
            journey["linkageDigestSent"] = linkageSent;
            journey["linkageDigestOpened"] = linkageOpened;
            equal &= CompareAnalysis(data, workspace, persons, scratch, journey);
        }
        return equal;
    }

    // The SPE has proved that it deleted a revoked permit's data; nothing of its name is left where an SPE keeps things.
    private static bool IsGone(DirectoryInfo data, string lineage)
    {
        var left = new DirectoryInfo(Path.Combine(data.FullName, "spe"))
            .EnumerateFileSystemInfos($"*{lineage}*", SearchOption.AllDirectories)
            .Count();
        Console.WriteLine($"{lineage} revoked: {(left == 0 ? "nothing is left" : "STILL THERE")}");
        return left == 0;
    }

    private static bool CompareAnalysis(DirectoryInfo data, Workspace workspace, Persons persons, string scratch, JsonObject journey)
    {
        if ((string?)journey["job"] is not { } job)
        {
            journey["aggregateEqual"] = null;
            return true;
        }
        var result = Path.Combine(data.FullName, "spe", workspace.Lineage, "jobs", job, "result.parquet");
        var (here, there) = (Analysis.OverRawFiles(data, workspace, persons, scratch), Analysis.OfJob(result));
        var same = here.Count > 0 && here.SequenceEqual(there);
        journey["aggregateEqual"] = same;
        Console.WriteLine($"{workspace.Lineage} analysis: {(same ? "equal" : "DIFFERENT")} over {here.Count} treatment groups");
        return same;
    }

    private static void Complete(JsonObject journey, DirectoryInfo data)
    {
        journey["revokeMs"] ??= null;
        journey["partsRepeated"] ??= 0;
        var peaks = new JsonObject();
        var stack = Path.Combine(data.FullName, "stack.json");
        if (File.Exists(stack))
        {
            foreach (var resource in JsonNode.Parse(File.ReadAllText(stack))!["resources"]!.AsArray())
            {
                if ((int?)resource!["pid"] is { } pid && PeakKilobytes(pid) is { } peak)
                {
                    peaks[(string)resource["name"]!] = peak;
                }
            }
        }
        journey["peakRssKb"] = peaks;
    }

    private static long? PeakKilobytes(int pid)
    {
        var status = $"/proc/{pid}/status";
        return
            File.Exists(status)
            && File.ReadLines(status).FirstOrDefault(line => line.StartsWith("VmHWM:", StringComparison.Ordinal)) is { } line
            ? long.Parse(line["VmHWM:".Length..].Replace("kB", "", StringComparison.Ordinal).Trim(), null)
            : null;
    }
}
