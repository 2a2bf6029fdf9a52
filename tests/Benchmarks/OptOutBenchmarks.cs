using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using HealthDataNode.Protocol.Crypt4Gh;
using HealthDataNode.Protocol.Identifiers;
using HealthDataNode.Protocol.Pseudonyms;
using HealthDataNode.Pseudonymisation.Domain;
using HealthDataNode.Pseudonymisation.Features;
using HealthDataNode.Pseudonymisation.Persistence;
using Npgsql;
using NpgsqlTypes;

namespace HealthDataNode.Benchmarks;

/// <summary>What opting out costs: a pass of the trust centre over a holder's part, and the list as it was on a date.</summary>
internal static class OptOutBenchmarks
{
    private const int Persons = 500_000;
    private const int Declarations = 1_000_000;
    private const string Order = "0000000000000000000000000000000000000000000000000000000000000000";
    private static readonly DateTimeOffset First = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly EncryptionKey Key = EncryptionKey.Generate();
    private static readonly PermitKey Keys = PermitKey.Generate();
    private static readonly Lazy<byte[]> Identifiers = new(MakeIdentifiers);
    private static readonly Lazy<byte[]> Part = new(() => Crypt4GhFile.Seal(Identifiers.Value, Key.PublicKey));
    private static readonly Lazy<WithheldPersons> Tenth = new(() => new WithheldPersons(OptedOut()));
    private static readonly WithheldPersons Nobody = new([]);

    public static IEnumerable<Benchmark> All =>
        [
            new("tokenise-opted-out", "times a pass with nobody opted out, with 10 % of 500,000 opted out", Ratio),
            new("opt-out-snapshot", "s for the list on a date, of 1,000,000 declarations in PostgreSQL", Snapshot, WarmUp: false),
        ];

    // Processor time of the least disturbed of ten passes each, in turns: what else the machine does only ever adds.
    private static double Ratio()
    {
        _ = (Part.Value, Tenth.Value);
        var (without, with) = (TimeSpan.MaxValue, TimeSpan.MaxValue);
        for (var i = 0; i < 10; i++)
        {
            without = Least(without, Pass(Nobody, 0));
            with = Least(with, Pass(Tenth.Value, Persons / 10));
        }
        return with / without;
    }

    private static TimeSpan Least(TimeSpan one, TimeSpan other) => one < other ? one : other;

    private static TimeSpan Pass(WithheldPersons withheld, int expected)
    {
        using var token = Keys.TokenCipher(Order);
        using var register = Keys.PseudonymCipher("register");
        GC.Collect();
        var before = Environment.CpuUsage.TotalTime;
        var answered = Tokenise.Answer(Part.Value, Persons, Key, Key.PublicKey, new Tokeniser(token, register, withheld), token, default);
        var took = Environment.CpuUsage.TotalTime - before;
        return answered.Outcome.Withheld == expected ? took : throw new InvalidOperationException("Others were withheld.");
    }

    private static List<UInt128> OptedOut()
    {
        using var register = Keys.PseudonymCipher("register");
        var persons = new List<UInt128>(Persons / 10);
        var block = new byte[Block.Size];
        for (var at = 0; at < Persons; at += 10)
        {
            Block.Encode(PersonIdentifier.Parse(Identifiers.Value.AsSpan(at * PersonIdentifier.Length, PersonIdentifier.Length)), block);
            register.Encrypt(block, block);
            persons.Add(Person.Of(block));
        }
        return persons;
    }

    private static byte[] MakeIdentifiers()
    {
        var found = new SortedSet<string>(StringComparer.Ordinal);
        for (var day = 0; found.Count < Persons; day++)
        {
            var date = new DateTime(1920, 1, 1).AddDays(day);
            for (var individual = 0; individual < 500; individual++)
            {
                // Month + 80: numbers that are never issued to a person.
                var nine = string.Create(
                    CultureInfo.InvariantCulture,
                    $"{date.Day:00}{date.Month + 80:00}{date.Year % 100:00}{individual:000}"
                );
                if (WithControlDigits(nine) is { } number)
                {
                    found.Add(number);
                }
            }
        }
        return Encoding.ASCII.GetBytes(string.Concat(found.Take(Persons)));
    }

    private static string? WithControlDigits(string nine)
    {
        var first = Control(nine, [3, 7, 6, 1, 8, 9, 4, 5, 2]);
        var second = first is null ? null : Control(nine + first, [5, 4, 3, 2, 7, 6, 5, 4, 3, 2]);
        return second is null ? null : nine + first + second;
    }

    private static string? Control(string digits, int[] weights)
    {
        var rest = digits.Zip(weights, (digit, weight) => (digit - '0') * weight).Sum() % 11;
        return rest switch
        {
            0 => "0",
            1 => null,
            _ => (11 - rest).ToString(CultureInfo.InvariantCulture),
        };
    }

    private static double Snapshot()
    {
        using var server = new Server();
        server.Fill();
        using var database = NpgsqlDataSource.Create(server.ConnectionString);
        using var registers = new PersonRegisters(database);
        var started = Stopwatch.GetTimestamp();
        var list = registers.ListOnAsync(First.AddSeconds(Declarations - 1), CancellationToken.None).GetAwaiter().GetResult();
        var withheld = registers.WithheldAsync(list, 0, CancellationToken.None).GetAwaiter().GetResult();
        var took = Stopwatch.GetElapsedTime(started).TotalSeconds;
        return (list, withheld.Count) == (Declarations, Declarations / 2)
            ? took
            : throw new InvalidOperationException("The list is another one.");
    }

    /// <summary>A PostgreSQL as the stack starts it, with the service's own scripts and a million declarations.</summary>
    private sealed class Server : IDisposable
    {
        private readonly DirectoryInfo directory = Directory.CreateTempSubdirectory("opt-out");
        private readonly Process process;

        public Server()
        {
            var password = RandomNumberGenerator.GetHexString(32);
            Directory.CreateDirectory(Path.Combine(directory.FullName, "secrets"));
            File.WriteAllText(Path.Combine(directory.FullName, "secrets", "postgres"), password);
            using var listener = new TcpListener(IPAddress.Loopback, 0);
            listener.Start();
            var port = ((IPEndPoint)listener.LocalEndpoint).Port;
            listener.Stop();
            ConnectionString = $"Host=127.0.0.1;Port={port};Username=postgres;Password={password};Database=postgres;Timeout=5";
            var start = new ProcessStartInfo(Path.Combine(Root, "AppHost/native/postgres"), [directory.FullName])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            };
            start.Environment["PGPORT"] = port.ToString(CultureInfo.InvariantCulture);
            process = Process.Start(start)!;
            process.OutputDataReceived += (_, _) => { };
            process.ErrorDataReceived += (_, _) => { };
            process.BeginOutputReadLine();
            process.BeginErrorReadLine();
            for (var i = 0; !Answers(); i++)
            {
                if (process.HasExited || i > 300)
                {
                    throw new InvalidOperationException("PostgreSQL does not start.");
                }
                Thread.Sleep(200);
            }
        }

        public string ConnectionString { get; }

        private static string Root
        {
            get
            {
                var folder = AppContext.BaseDirectory;
                while (!File.Exists(Path.Combine(folder, "HealthDataNode.sln")))
                {
                    folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("Run it from the repository.");
                }
                return folder;
            }
        }

        // Everybody out; of two persons one is back in: the last word of a million.
        public void Fill()
        {
            using var connection = new NpgsqlConnection(ConnectionString);
            connection.Open();
            foreach (
                var script in Directory
                    .EnumerateFiles(Path.Combine(Root, "services/Pseudonymisation/Pseudonymisation/Persistence"), "*.sql")
                    .Order(StringComparer.Ordinal)
            )
            {
                Execute(connection, File.ReadAllText(script).Replace("__RUNTIME__", "postgres", StringComparison.Ordinal));
            }
            using (
                var rows = connection.BeginBinaryImport(
                    "COPY pseudonymisation.opt_out_declarations (number, person, choice, source, at, chain) FROM STDIN (FORMAT binary)"
                )
            )
            {
                var persons = Declarations * 3 / 4;
                for (var number = 1; number <= Declarations; number++)
                {
                    var back = number > persons;
                    rows.StartRow();
                    rows.Write((long)number, NpgsqlDbType.Bigint);
                    rows.Write(SHA256.HashData(BitConverter.GetBytes(back ? number - persons : number))[..16], NpgsqlDbType.Bytea);
                    rows.Write(back ? "in" : "out", NpgsqlDbType.Varchar);
                    rows.Write("citizen", NpgsqlDbType.Varchar);
                    rows.Write(First.AddSeconds(number - 1), NpgsqlDbType.TimestampTz);
                    rows.Write(new byte[32], NpgsqlDbType.Bytea);
                }
                rows.Complete();
            }
            Execute(connection, "ANALYZE");
        }

        public void Dispose()
        {
            NpgsqlConnection.ClearAllPools();
            using (var stop = Process.Start("kill", ["-TERM", process.Id.ToString(CultureInfo.InvariantCulture)]))
            {
                stop.WaitForExit();
            }
            process.WaitForExit();
            process.Dispose();
            directory.Delete(recursive: true);
        }

        private static void Execute(NpgsqlConnection connection, string sql)
        {
            using var command = new NpgsqlCommand(sql, connection);
            command.ExecuteNonQuery();
        }

        private bool Answers()
        {
            try
            {
                using var connection = new NpgsqlConnection(ConnectionString);
                connection.Open();
                return true;
            }
            catch (NpgsqlException)
            {
                return false;
            }
        }
    }
}
