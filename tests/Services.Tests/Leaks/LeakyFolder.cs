using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using HealthDataNode.Leaks;
using HealthDataNode.Services.Tests.Pseudonymisation;

namespace HealthDataNode.Services.Tests.Leaks;

/// <summary>A small DIR as a run with --tap leaves it, to plant things in.</summary>
internal sealed class LeakyFolder : IDisposable
{
    public const string Lineage = "0194f1c0-0000-7000-8000-000000000009";
    private const string OrderText = "{\"lineage\":\"" + Lineage + "\",\"source\":\"cancer\"}";
    private readonly DirectoryInfo data = Directory.CreateTempSubdirectory("hdn-leaks-");
    private readonly byte[] key = RandomNumberGenerator.GetBytes(32);

    public LeakyFolder()
    {
        var people = PseudonymisationWorld.People(3);
        (Person, Superseded, OptedOut) = (people[0], people[1], people[2]);
        Invalid = PseudonymisationWorld.Spoilt(people[2]);
        Short = Invalid[..10];
        Write(
            "holder/cancer.csv",
            $"person_id,stage,county,icd10,diagnosed\n{Person},IV,\"Troms, og mer\",C34.1,2019-05-06\n{Invalid},I,Oslo,C50.9,2020-01-02\n{Short},I,Oslo,,2020-01-03\n"
        );
        Write("holder/population.csv", $"number,date,kind,person_id,other_id\n1,2020-01-01,number-change,{Superseded},{Person}\n");
        Write("holder/citizens.json", $"{{\"anna.citizen\": {{\"number\": \"{OptedOut}\"}}}}");
        var order = Jws("order+jwt", OrderText);
        Write($"spe/{Lineage}/deliveries/cancer/order.jws", order);
        Write(
            $"spe/{Lineage}/deliveries/cancer/permit.jws",
            Jws("permit+jwt", """{"sources":[{"source":"cancer","columns":[{"name":"diagnosed"},{"name":"county"},{"name":"icd10"}]}]}""")
        );
        Directory.CreateDirectory(In("tap"));
        File.WriteAllBytes(In("tap", $"{Lineage}.key"), key);
        using var scheme = new Scheme(Lineage, [.. key]);
        PermitPseudonym = scheme.PermitPseudonyms([Person]);
        var digest = Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(order[..order.LastIndexOf('.')])));
        (Token, DeliveryPseudonym) = scheme.OfOrder(new(Lineage, "cancer", digest), [Person]);
    }

    public string Person { get; }
    public string Superseded { get; }
    public string OptedOut { get; }

    /// <summary>Another number than anybody's, but in a register.</summary>
    public string Invalid { get; }

    /// <summary>Ten digits, in a register.</summary>
    public string Short { get; }
    public byte[] PermitPseudonym { get; }
    public byte[] Token { get; }
    public byte[] DeliveryPseudonym { get; }
    public byte[] PermitKey => key;

    public string In(params string[] parts) => Path.Combine([data.FullName, .. parts]);

    public void Write(string name, string text) => Write(name, Encoding.UTF8.GetBytes(text));

    public void Write(string name, byte[] bytes)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(In(name))!);
        File.WriteAllBytes(In(name), bytes);
    }

    /// <summary>Searches under the real table.</summary>
    public (int ExitCode, string Said) Search(params FileInfo[] also)
    {
        using var said = new StringWriter();
        var dumps = new DirectoryInfo(In("tmp", "dumps"));
        return (Check.Run(data, Table(), dumps.Exists ? dumps : null, also, said), said.ToString());
    }

    public static FileInfo Table()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "HealthDataNode.sln")))
        {
            folder = folder.Parent!;
        }
        return new(Path.Combine(folder.FullName, "architecture-docs", "who-may-know.md"));
    }

    public void Dispose() => data.Delete(recursive: true);

    private static string Jws(string type, string payload)
    {
        var header = JsonSerializer.SerializeToUtf8Bytes(
            new
            {
                alg = "ES256",
                typ = type,
                kid = "gateway:1:gateway",
            }
        );
        return $"{Base64Url.EncodeToString(header)}.{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(payload))}.{new string('A', 86)}";
    }
}
