using System.Security.Cryptography.X509Certificates;

namespace HealthDataNode.Journey;

/// <summary>What the people can reach, and what the journey has learnt so far.</summary>
internal sealed class World(Uri edge, FileInfo authority, People people, FileInfo declarations) : IDisposable
{
    private readonly Dictionary<string, Browser> browsers = [];
    private readonly X509Certificate2Collection trusted = Load(authority);
    private Browser? anybody;
    private long declared;

    public Uri Edge { get; } = edge;
    public People People { get; } = people;

    /// <summary>The applied-for sources and their variables.</summary>
    public Dictionary<string, IReadOnlyList<string>> Variables { get; } = [];

    public string? Application { get; set; }
    public IReadOnlyList<Case> Cases { get; set; } = [];
    public string? Lineage { get; set; }
    public Uri? Door { get; set; }
    public string? Job { get; set; }
    public int? PartsRepeated { get; set; }
    public int? Aliases { get; set; }

    /// <summary>Number of the last declaration that was confirmed before a source was decided: its permit's list has it.</summary>
    public Dictionary<string, long> DeclaredBefore { get; } = [];

    /// <summary>Digest of what left the room.</summary>
    public string? Release { get; set; }

    public string? RevokedApplication { get; set; }
    public string? RevokedLineage { get; set; }

    /// <summary>Milliseconds of each revocation from its answer until nothing can be read or sent any more.</summary>
    public List<long> RevokeMs { get; } = [];

    /// <summary>Somebody at the Edge who has not signed in.</summary>
    public Browser Anybody => anybody ??= new Browser(Edge, trusted);

    /// <summary>Rows and bytes of the step that is running, for its line.</summary>
    public long? Rows { get; set; }
    public long? Bytes { get; set; }

    /// <summary>A person's browser at the Edge, signed in.</summary>
    public Task<Browser> AtEdgeAsync(string person, CancellationToken cancellationToken) => AtAsync(person, Edge, cancellationToken);

    /// <summary>A person's browser at the room's door, signed in.</summary>
    public Task<Browser> AtDoorAsync(string person, CancellationToken cancellationToken) => AtAsync(person, Door!, cancellationToken);

    /// <summary>What a citizen declared, under the number that she was told; kept for the ledger, over all runs of DIR.</summary>
    public void Remember(long number, string citizen, string choice)
    {
        declared = number;
        File.AppendAllText(declarations.FullName, $"{number},{citizen},{choice}\n");
    }

    /// <summary>An authority decides now.</summary>
    public void Decides(string authority)
    {
        foreach (var source in Cases.Single(one => one.Authority == authority).Sources)
        {
            DeclaredBefore[source] = declared;
        }
    }

    public void Dispose()
    {
        anybody?.Dispose();
        foreach (var browser in browsers.Values)
        {
            browser.Dispose();
        }
    }

    private async Task<Browser> AtAsync(string person, Uri place, CancellationToken cancellationToken)
    {
        var key = $"{person} {place}";
        if (!browsers.TryGetValue(key, out var browser))
        {
            browser = new Browser(place, trusted);
            await browser.SignInAsync(person, People[person].Password, cancellationToken);
            browsers.Add(key, browser);
        }
        return browser;
    }

    private static X509Certificate2Collection Load(FileInfo file)
    {
        var collection = new X509Certificate2Collection();
        collection.ImportFromPemFile(file.FullName);
        return collection;
    }
}
