using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using HealthDataNode.ReferenceSpe.Airlock;
using HealthDataNode.ReferenceSpe.Airlock.Checking;

namespace HealthDataNode.Benchmarks;

/// <summary>What the airlock's automatic checks cost: one large table of aggregates, against a room of many persons.</summary>
internal static class AirlockBenchmarks
{
    private const int Megabytes = 100;
    private const int Pseudonyms = 500_000;

    public static IEnumerable<Benchmark> All => [new("airlock-check", "s for a CSV of 100 MB, 500,000 pseudonyms in the room", Run)];

    private static double Run()
    {
        var folder = Directory.CreateTempSubdirectory("airlock");
        try
        {
            var file = Path.Combine(folder.FullName, "result.csv");
            Write(file);
            var room = PseudonymSet.Of(
                Enumerable.Range(0, Pseudonyms).Select(n => Convert.ToHexStringLower(SHA256.HashData(BitConverter.GetBytes(n)))[..32])
            );
            var policy = new AirlockPolicy
            {
                Threshold = 5,
                MaximumRows = int.MaxValue,
                UniqueRows = 500,
                MaximumFiles = 1,
                MaximumBytes = 1L << 30,
                Depth = 3,
                Entries = 1000,
                Authorities = ["hdab"],
            };
            var columns = new Dictionary<string, string>
            {
                ["county"] = "group",
                ["week"] = "group",
                ["tumours"] = "count",
                ["days"] = "measure",
            };
            var findings = new Findings();
            var started = Stopwatch.GetTimestamp();
            new FileCheck(policy, room, folder.FullName).Run(new TakenFile("result.csv", file), "csv", columns, findings);
            var took = Stopwatch.GetElapsedTime(started).TotalSeconds;
            return findings.All.Count == 0 ? took : throw new InvalidOperationException($"Found {findings.All[0].Rule} in a clean file.");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static void Write(string file)
    {
        using var writer = new StreamWriter(file, append: false, new UTF8Encoding(false), 1 << 16);
        writer.Write("county,week,tumours,days\n");
        for (var n = 0; writer.BaseStream.Position < Megabytes * 1_000_000L; n++)
        {
            writer.Write(string.Create(CultureInfo.InvariantCulture, $"county {n % 3989},{n / 3989},{5 + n % 991},{n % 3650}.5\n"));
        }
    }
}
