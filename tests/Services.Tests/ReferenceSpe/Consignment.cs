using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using HealthDataNode.Protocol.Crypt4Gh;
using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Problems;
using HealthDataNode.Protocol.Pseudonyms;
using HealthDataNode.Protocol.Rows;
using HealthDataNode.Protocol.Seals;
using HealthDataNode.Protocol.Trust;
using HealthDataNode.Protocol.Uploads;

namespace HealthDataNode.Services.Tests.ReferenceSpe;

/// <summary>One permit over two sources.</summary>
internal sealed class Grant
{
    public Grant(SpeWorld world, string spe = SpeWorld.Spe, string? key = null)
    {
        Lineage = "lineage-" + Guid.NewGuid().ToString("n")[..8];
        var now = DateTimeOffset.UtcNow;
        Permit = world
            .SignerOf("permit")
            .Sign(
                new PermitDocument
                {
                    Id = "permit-1",
                    Lineage = Lineage,
                    Version = 1,
                    IssuedAt = now.ToUnixTimeSeconds(),
                    From = now.AddDays(-1).ToUnixTimeSeconds(),
                    To = now.AddYears(1).ToUnixTimeSeconds(),
                    Applicant = new PermitApplicant(SpeWorld.Nora, "999000301"),
                    Persons = [SpeWorld.Nora],
                    Purpose = "scientific research",
                    LegalBasis = "GDPR 6(1)(e)",
                    Format = PermitDocument.Pseudonymised,
                    Spe = new PermitSpe(spe, key ?? world.SignerOf(spe).PublicKey.Thumbprint, 1),
                    Sources =
                    [
                        Source("cancer", ("treatment_group", "string"), ("diagnosis_date", "date"), ("age", "integer")),
                        Source("death", ("death_date", "date"), ("autopsy", "boolean")),
                    ],
                    Conditions = [],
                }
            );
        world.Node.Permits[Lineage] = Permit;
    }

    private Grant(SpeWorld world, Grant before, Func<PermitDocument, PermitDocument> change)
    {
        Lineage = before.Lineage;
        Permit = world
            .SignerOf("permit")
            .Sign(change(before.Permit.Payload with { Version = before.Permit.Payload.Version + 1, Previous = before.Permit.Digest }));
    }

    /// <summary>The next version of a lineage; the node knows it once the test says so.</summary>
    public Grant Next(SpeWorld world, Func<PermitDocument, PermitDocument>? change = null) =>
        new(world, this, change ?? (permit => permit));

    /// <summary>Another first version, in its stead.</summary>
    public Grant Instead(SpeWorld world, Func<PermitDocument, PermitDocument> change)
    {
        var other = new Grant(world, this, permit => change(permit) with { Version = 1, Previous = null });
        world.Node.Permits[Lineage] = other.Permit;
        return other;
    }

    public string Lineage { get; }

    public SignedDocument<PermitDocument> Permit { get; }

    private static PermitSource Source(string name, params (string Name, string Type)[] columns) =>
        new()
        {
            Source = name,
            Holder = $"{name}registry",
            IdentifierBudget = 1000,
            Decision = new("hdab", 1_790_000_000),
            OptOut = new(0, new string('0', 64)),
            Columns = [.. columns.Select(column => new PermitColumn(column.Name, column.Type))],
        };
}

/// <summary>
/// One order's delivery as Gateway and Pseudonymisation make it: rows under delivery pseudonyms, sealed parts, manifest,
/// delivery key. What a test wants otherwise it says; every signature is real all the same.
/// </summary>
internal sealed class Consignment
{
    private readonly SpeWorld world;
    private readonly byte[] deliveryKey = RandomNumberGenerator.GetBytes(32);
    private readonly List<(byte[] File, string Seal)> parts = [];

    public Consignment(
        SpeWorld world,
        Grant grant,
        string source,
        IReadOnlyList<IReadOnlyList<string[]>> rows,
        string[]? header = null,
        string recipient = SpeWorld.Spe,
        Func<Manifest, Manifest>? change = null
    )
    {
        (this.world, Grant) = (world, grant);
        Order = world
            .SignerOf("gateway")
            .Sign(
                new OrderDocument
                {
                    Id = Guid.NewGuid().ToString(),
                    Permit = grant.Permit.Digest,
                    Lineage = grant.Lineage,
                    Source = source,
                    UploadKey = Base64UrlText.Encode(RandomNumberGenerator.GetBytes(32)),
                    Due = DateTimeOffset.UtcNow.AddMonths(3).ToUnixTimeSeconds(),
                }
            );
        var columns = grant.Permit.Payload.SourceNamed(source)!.Columns.Select(column => column.Name).ToArray();
        var described = rows.Select((part, i) => Seal(i + 1, header ?? columns, part, recipient)).ToArray();
        Box = Crypt4GhFile.Seal(deliveryKey, world.EncryptionKey.KeyBytes());
        KeySeal = new SealBuilder(world.SignerOf("pseudonymisation")).Build(
            SealTypes.DeliveryKey,
            recipient,
            Order.Digest,
            1,
            1,
            SealedBytes.Of(Box)
        );
        var manifest = new Manifest
        {
            Order = Order.Digest,
            Permit = grant.Permit.Digest,
            Lineage = grant.Lineage,
            Source = source,
            Spe = grant.Permit.Payload.Spe.Party,
            SpeKeySequence = 1,
            Columns = columns,
            Transformations = [],
            Parts = described,
            Rows = described.Sum(part => part.Rows),
            DeliveryKey = KeySeal.Digest,
        };
        Manifest = world.SignerOf("gateway").Sign(change is null ? manifest : change(manifest));
    }

    public Grant Grant { get; }

    public SignedDocument<OrderDocument> Order { get; }

    public SignedDocument<Manifest> Manifest { get; }

    public SignedDocument<Seal> KeySeal { get; }

    public byte[] Box { get; }

    /// <summary>The address of its parts.</summary>
    public string Parts => $"/ingress/v1/orders/{Id}/parts";

    /// <summary>The first part as it is sent.</summary>
    public (byte[] File, string Seal) First => parts[0];

    /// <summary>The parts, as they are uploaded, by number.</summary>
    public IEnumerable<(int Number, byte[] File)> Files => parts.Select((part, i) => (i + 1, part.File));

    public string Id => Order.Payload.Id;

    /// <summary>A person's permit pseudonym, for tests that link: 16 bytes that name the person and nothing else.</summary>
    public static byte[] Pseudonym(string person) => SHA256.HashData(Encoding.UTF8.GetBytes(person))[..16];

    /// <summary>Says which order parts will come of.</summary>
    public Task<HttpResponseMessage> AnnounceOrderAsync(HttpClient client, string? id = null) =>
        client.PutAsJsonAsync(
            $"/ingress/v1/orders/{id ?? Id}",
            new { permit = Grant.Permit.Text, order = Order.Text },
            TestContext.Current.CancellationToken
        );

    /// <summary>Announces the order and sends the parts.</summary>
    public async Task UploadAsync(HttpClient client)
    {
        using var known = await AnnounceOrderAsync(client);
        await ProtocolProblem.EnsureSuccessAsync(known, TestContext.Current.CancellationToken);
        await UploadPartsAsync(client);
    }

    public async Task UploadPartsAsync(HttpClient client)
    {
        var uploads = new UploadClient(client, new UploadClientOptions { Faults = 1 });
        foreach (var (file, seal) in parts)
        {
            using var content = new MemoryStream(file);
            await uploads.UploadAsync(new Uri(world.Address, Parts), seal, content, TestContext.Current.CancellationToken);
        }
    }

    public Task<HttpResponseMessage> AnnounceAsync(
        HttpClient client,
        string? manifest = null,
        string? permit = null,
        string? keySeal = null,
        byte[]? box = null,
        string? id = null
    ) =>
        client.PostAsJsonAsync(
            $"/ingress/v1/orders/{id ?? Id}/manifest",
            new
            {
                permit = permit ?? Grant.Permit.Text,
                order = Order.Text,
                manifest = manifest ?? Manifest.Text,
                deliveryKey = new { seal = keySeal ?? KeySeal.Text, box = box ?? Box },
            },
            TestContext.Current.CancellationToken
        );

    /// <summary>Sends all of it.</summary>
    public async Task SendAsync()
    {
        using var client = world.Machine();
        await UploadAsync(client);
        using var answer = await AnnounceAsync(client);
        Assert.Equal(System.Net.HttpStatusCode.Accepted, answer.StatusCode);
    }

    private ManifestPart Seal(int number, string[] columns, IReadOnlyList<string[]> rows, string recipient)
    {
        using var cipher = new BatchCipher(deliveryKey);
        using var file = new MemoryStream();
        using (var sealing = new Crypt4GhWriter(file, world.EncryptionKey.KeyBytes(), leaveOpen: true))
        using (var writer = new RowWriter(sealing, [RowFormat.PseudonymColumn, .. columns]))
        {
            var delivered = new byte[16];
            foreach (var row in rows)
            {
                cipher.Encrypt(Pseudonym(row[0]), delivered);
                writer.Field(PseudonymText.Format(delivered));
                foreach (var field in row[1..])
                {
                    writer.Field(field);
                }

                writer.EndRow();
            }
        }

        var bytes = SealedBytes.Of(file.ToArray());
        var seal = new SealBuilder(world.SignerOf("gateway")).Build(SealTypes.Delivery, recipient, Order.Digest, number, rows.Count, bytes);
        parts.Add((file.ToArray(), seal.Text));
        return new ManifestPart(number, rows.Count, bytes.Length, bytes.Sha256);
    }
}
