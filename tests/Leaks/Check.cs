using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;

namespace HealthDataNode.Leaks;

/// <summary>The search over everything in DIR, and what it says.</summary>
internal static class Check
{
    /// <summary>Rows of each source, in each form in which rows travel, that stand for all of them.</summary>
    private const int Canaries = 2000;
    private const int Printed = 5;

    public static int Run(DirectoryInfo data, FileInfo table, DirectoryInfo? dumps, IReadOnlyList<FileInfo> also, TextWriter output)
    {
        if (!table.Exists)
        {
            output.WriteLine($"{table.FullName} is missing: it says what may stand where.");
            return 2;
        }
        var registers = Registers.In(data);
        var keys = Tapped(data);
        if (registers.Identifiers.Count == 0 || keys.Count == 0)
        {
            output.WriteLine($"Nothing to check in {data.FullName}: no run with --tap, or no registers.");
            return 4;
        }
        var began = Stopwatch.StartNew();
        var wanted = Want(registers, keys, Documents.In(DocumentFiles(data, dumps)), output);
        output.WriteLine($"looking for {wanted}");
        var search = new Search(wanted, Allowance.Read(table), Path.Combine(data.FullName, "tmp", $"leaks-{Environment.ProcessId}"));
        search.Everything(Place.In(data, dumps, also));
        output.WriteLine(
            $"searched {search.Places} files and databases, {search.Bytes / 1_000_000.0:0} MB, in {began.Elapsed.TotalSeconds:0.0} s"
        );
        return search.Print(output);
    }

    private static Dictionary<string, byte[]> Tapped(DirectoryInfo data)
    {
        var tap = new DirectoryInfo(Path.Combine(data.FullName, "tap"));
        return tap.Exists
            ? tap.EnumerateFiles("*.key")
                .Where(file => file.Length == Scheme.KeySize)
                .ToDictionary(file => Path.GetFileNameWithoutExtension(file.Name), file => File.ReadAllBytes(file.FullName))
            : [];
    }

    // Orders and permits stand in the databases, and an SPE keeps those of its rooms.
    private static IEnumerable<FileInfo> DocumentFiles(DirectoryInfo data, DirectoryInfo? dumps)
    {
        var rooms = new DirectoryInfo(Path.Combine(data.FullName, "spe"));
        return (dumps?.EnumerateFiles("*.sql") ?? []).Concat(
            rooms.Exists ? rooms.EnumerateFiles("*.jws", SearchOption.AllDirectories) : []
        );
    }

    private static Wanted Want(Registers registers, Dictionary<string, byte[]> keys, Documents documents, TextWriter output)
    {
        var wanted = new Wanted();
        var odd = registers.Identifiers.Count(identifier => !wanted.AddIdentifier(identifier));
        if (odd > 0)
        {
            output.WriteLine($"{odd} identifiers are no numbers of 8 to 11 digits and are not looked for");
        }
        foreach (var (lineage, key) in keys)
        {
            wanted.AddBlocks(key, Kind.PermitKey);
            using var scheme = new Scheme(lineage, key);
            var everybody = registers.Sources.SelectMany(registers.PersonsOf).Distinct(StringComparer.Ordinal).ToList();
            wanted.AddBlocks(scheme.PermitPseudonyms(everybody), Kind.PermitPseudonym);
            var orders = documents.Orders.Where(order => order.Lineage == lineage).ToList();
            foreach (var order in orders)
            {
                var (tokens, pseudonyms) = scheme.OfOrder(order, [.. registers.PersonsOf(order.Source)]);
                wanted.AddBlocks(tokens, Kind.PersonToken);
                wanted.AddBlocks(pseudonyms, Kind.DeliveryPseudonym);
            }
            output.WriteLine($"{lineage}: {orders.Count} orders");
        }
        foreach (var lineage in documents.Orders.Select(order => order.Lineage).Distinct().Where(lineage => !keys.ContainsKey(lineage)))
        {
            output.WriteLine($"{lineage}: its key was not tapped, its tokens and pseudonyms are not looked for");
        }
        foreach (
            var source in registers.Sources.Where(source => source.Length > 0 && !source.StartsWith("population", StringComparison.Ordinal))
        )
        {
            var forms = documents.Columns.Where(form => form.Source == source).Select(form => form.Columns.Split(',')).ToList<string[]?>();
            var known = forms.Append(null).SelectMany(form => registers.Rows(source, form, Canaries)).Count(wanted.AddRow);
            output.WriteLine($"{source}: {known} rows in {forms.Count + 1} forms");
        }
        wanted.Freeze();
        return wanted;
    }

    private sealed class Search(Wanted lookedFor, Allowance table, string folder)
    {
        private readonly Wanted wanted = lookedFor;
        private readonly Allowance allowance = table;
        private readonly string scratch = folder;
        private readonly ConcurrentDictionary<(string Place, string What, Kind Kind, string Form), Finds> found = new();
        private readonly ConcurrentDictionary<(string Row, Kind Kind), long> allowed = new();
        private readonly ConcurrentBag<string> unread = [];
        private long bytes;
        private int places;

        public long Bytes => bytes;
        public int Places => places;

        public void Everything(IEnumerable<Place> all)
        {
            try
            {
                // The large ones first, one at a time to each thread: so both end together.
                Parallel.ForEach(
                    Partitioner.Create(all.OrderByDescending(place => place.Size), EnumerablePartitionerOptions.NoBuffering),
                    new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount },
                    () => new Reader(this),
                    (place, _, reader) =>
                    {
                        reader.Read(place);
                        return reader;
                    },
                    _ => { }
                );
            }
            finally
            {
                if (Directory.Exists(scratch))
                {
                    Directory.Delete(scratch, recursive: true);
                }
            }
        }

        public int Print(TextWriter output)
        {
            foreach (
                var ((row, kind), count) in allowed.OrderBy(entry => entry.Key.Row, StringComparer.Ordinal).ThenBy(entry => entry.Key.Kind)
            )
            {
                output.WriteLine($"allowed in {row}: {kind.Words()}, {count} times");
            }
            foreach (var name in unread.Order(StringComparer.Ordinal))
            {
                output.WriteLine($"could not be read: {name}");
            }
            foreach (var ((place, what, kind, form), finds) in found.OrderBy(entry => entry.Key.Place, StringComparer.Ordinal))
            {
                var where = what == "" ? "" : $" ({what})";
                output.WriteLine(
                    $"found in {place}{where}: {kind.Words()}, {form}, {finds.Count} times, at {string.Join(", ", finds.First)}{(finds.Count > Printed ? ", ..." : "")}"
                );
            }
            // What could not be read was not found clean.
            var clean = found.IsEmpty && unread.IsEmpty;
            output.WriteLine(clean ? "clean" : "NOT CLEAN");
            return clean ? 0 : 1;
        }

        /// <summary>One thread's scanner, with its buffers.</summary>
        private sealed class Reader
        {
            private readonly Search search;
            private readonly Scanner scanner;
            private Place place = null!;
            private string what = "";
            private string? row;
            private HashSet<Kind> may = [];
            private bool nameLeaks;

            public Reader(Search search)
            {
                this.search = search;
                scanner = new(search.wanted, Add);
            }

            public void Read(Place next)
            {
                (row, may) = (search.allowance.RowOf(next.Name), search.allowance.MayStandIn(next.Name));
                ReadName(next);
                try
                {
                    Contents.ForEach(
                        place.File,
                        search.scratch,
                        (stream, word) =>
                        {
                            what = word;
                            Interlocked.Add(ref search.bytes, scanner.Read(stream));
                        }
                    );
                    Interlocked.Increment(ref search.places);
                }
                catch (Exception fault) when (fault is FileNotFoundException or DirectoryNotFoundException)
                {
                    // Deleted since the listing: a running stack's temporary file.
                }
                catch (Exception fault) when (fault is not OutOfMemoryException)
                {
                    // The class of the fault alone: its text may quote what it could not read.
                    search.unread.Add($"{place.Name} ({fault.GetType().Name})");
                }
            }

            // A name may be a leak too, and then it is not printed.
            private void ReadName(Place next)
            {
                what = "in its own path";
                place = next with { Name = next.Name.Split('/')[0] };
                nameLeaks = false;
                using var stream = new MemoryStream(Encoding.UTF8.GetBytes(next.Name));
                scanner.Read(stream);
                place = nameLeaks ? place : next;
            }

            private void Add(Kind kind, long offset, string form)
            {
                if (may.Contains(kind))
                {
                    search.allowed.AddOrUpdate((row!, kind), 1, (_, count) => count + 1);
                    return;
                }
                nameLeaks = true;
                search.found.GetOrAdd((place.Name, what, kind, form), _ => new()).Add(offset);
            }
        }
    }

    private sealed class Finds
    {
        public long Count { get; private set; }
        public List<long> First { get; } = [];

        public void Add(long offset)
        {
            lock (First)
            {
                Count++;
                if (First.Count < Printed)
                {
                    First.Add(offset);
                }
            }
        }
    }
}
