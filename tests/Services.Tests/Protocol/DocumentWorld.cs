using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Seals;
using HealthDataNode.Protocol.Trust;
using Microsoft.Extensions.Time.Testing;

namespace HealthDataNode.Services.Tests.Protocol;

/// <summary>A root, parties with stated keys, and one order of one permit. Mallory has a valid, stated key for
/// every use: what is refused of hers is refused for whose it is.</summary>
public sealed class DocumentWorld : IDisposable
{
    public const string Holder = "cancerregistry";
    public const string OtherHolder = "deathregistry";
    public const string SpeParty = "referencespe";
    public const string Mallory = "mallory";

    private readonly Dictionary<(string Party, string Use), DocumentSigner> signers = [];

    public DocumentWorld()
    {
        Root = RootAuthority.OpenOrCreate(Path.Combine(Folder, "root"), Path.Combine(Folder, "public"), Time);
        State("permit", KeyUses.Permit);
        State("gateway", KeyUses.Gateway);
        State("pseudonymisation", KeyUses.Pseudonymisation);
        State(Holder, KeyUses.Holder);
        State(OtherHolder, KeyUses.Holder);
        State(SpeParty, KeyUses.Spe);
        State("speregistry", KeyUses.SpeRegistry);
        foreach (var use in KeyUses.All.Where(u => u != KeyUses.Encryption))
        {
            State(Mallory, use);
        }

        Trust = new TrustStore(Root.StatementsPath, Root.FingerprintPath, Time);
        Permit = Signer("permit", KeyUses.Permit).Sign(PermitPayload());
        Order = Signer("gateway", KeyUses.Gateway).Sign(OrderPayload());
        Verifier = new OrderAndPermit(Trust, Time);
    }

    public string Folder { get; } = Directory.CreateTempSubdirectory("documents-").FullName;

    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 11, 25, 12, 0, 0, TimeSpan.Zero));

    public RootAuthority Root { get; }

    public TrustStore Trust { get; }

    public OrderAndPermit Verifier { get; }

    public SignedDocument<PermitDocument> Permit { get; }

    public SignedDocument<OrderDocument> Order { get; }

    public long Now => Time.GetUtcNow().ToUnixTimeSeconds();

    public static string Hex(char digit) => new(digit, 64);

    public DocumentSigner Signer(string party, string use) => signers[(party, use)];

    public void State(string party, string use, int sequence = 1, int days = 365, string? endorsement = null)
    {
        var key = SigningKey.Create();
        State(key, party, use, sequence, days, endorsement);
    }

    public void State(SigningKey key, string party, string use, int sequence, int days, string? endorsement = null)
    {
        var request = KeyRequests.ForSigning(key, party, use, sequence);
        Root.State(request.Text, Time.GetUtcNow(), Time.GetUtcNow().AddDays(days), endorsement);
        signers[(party, use)] = new DocumentSigner(key, party, use, sequence);
    }

    public VerifiedOrder VerifiedOrder() => Verifier.Verify(Order.Text, Permit.Text);

    public PermitDocument PermitPayload() =>
        new()
        {
            Id = "p-1",
            Lineage = "l-1",
            Version = 1,
            IssuedAt = Now,
            From = Now,
            To = Now + 86400 * 300,
            Applicant = new PermitApplicant("sub-nora", "999000301"),
            Persons = ["sub-nora"],
            Purpose = "scientific research",
            LegalBasis = "GDPR 6(1)(e)",
            Format = PermitDocument.Pseudonymised,
            Spe = new PermitSpe(SpeParty, Signer(SpeParty, KeyUses.Spe).PublicKey.Thumbprint, 1),
            Sources =
            [
                new PermitSource
                {
                    Source = "cancer",
                    Holder = Holder,
                    IdentifierBudget = 1000,
                    Columns = [new PermitColumn("stage", "string", 2), new PermitColumn("year", "integer")],
                    Decision = new PermitDecision("hdab", Now),
                    OptOut = new PermitOptOut(0, Hex('0')),
                },
            ],
            Conditions = [],
        };

    public OrderDocument OrderPayload() =>
        new()
        {
            Id = "o-1",
            Permit = Permit.Digest,
            Lineage = "l-1",
            Source = "cancer",
            UploadKey = Base64UrlText.Encode(new byte[32]),
            Due = Now + 86400,
        };

    public Seal SealPayload(string type) =>
        new()
        {
            Type = type,
            Sender = type switch
            {
                SealTypes.Identifiers or SealTypes.Rows or SealTypes.Population => Holder,
                SealTypes.Delivery => "gateway",
                _ => "pseudonymisation",
            },
            Recipient = type switch
            {
                SealTypes.Identifiers or SealTypes.Population => "pseudonymisation",
                SealTypes.Rows => "gateway",
                SealTypes.Tokens => Holder,
                _ => SpeParty,
            },
            Order = Order.Digest,
            Part = 1,
            Rows = 3,
            Length = 5,
            Sha256 = SealedBytes.Of("bytes"u8).Sha256,
            Answers = type == SealTypes.Tokens ? Hex('a') : null,
        };

    public SignedDocument<Seal> Sealed(string type)
    {
        var seal = SealPayload(type);
        IDocument<Seal> document = seal;
        return Signer(seal.Sender, document.Use).Sign(seal);
    }

    public Closing ClosingPayload() =>
        new()
        {
            Order = Order.Digest,
            Parts = [new ClosingPart(1, 3, Hex('b'))],
            Rows = 3,
            Persons = 2,
        };

    public Manifest ManifestPayload() =>
        new()
        {
            Order = Order.Digest,
            Permit = Permit.Digest,
            Lineage = "l-1",
            Source = "cancer",
            Spe = SpeParty,
            SpeKeySequence = 1,
            Columns = ["stage", "year"],
            Transformations = [],
            Parts = [new ManifestPart(1, 3, 5, Hex('b'))],
            Rows = 3,
            DeliveryKey = Sealed(SealTypes.DeliveryKey).Digest,
        };

    public SpeKey SpeKeyPayload(string party = SpeParty) =>
        new()
        {
            Party = party,
            Key = Base64UrlText.Encode(new byte[32]),
            Sequence = 1,
            From = Now,
            To = Now + 86400,
        };

    public Receipt ReceiptPayload(string manifest) =>
        new()
        {
            Manifest = manifest,
            Order = Order.Digest,
            Rows = 3,
            Persons = 2,
            Workspace = "l-1",
            At = Now,
        };

    public Release ReleasePayload()
    {
        ReleasedFile[] files = [new("survival.csv", "csv", 5, Hex('b'))];
        return new Release
        {
            Lineage = "l-1",
            Permit = Permit.Digest,
            Spe = SpeParty,
            Request = "r-1",
            Purpose = "A table for an article.",
            Digest = Release.DigestOf(files),
            Files = files,
            Rules = [new ReleaseRule("identifiers", ReleaseRule.Passed)],
            Votes = [new ReleaseVote("sub-1", ReleaseVote.Approve, Now), new ReleaseVote("sub-2", ReleaseVote.Approve, Now)],
            At = Now,
        };
    }

    public PermitState PermitStatePayload() =>
        new()
        {
            Caller = "gateway",
            Nonce = "0123456789abcdef",
            At = Now,
            Until = Now + 3,
            States = [new LineageState("l-1", 1, Permit.Digest, LineageStates.InForce)],
        };

    public AccessAnswer AccessPayload() =>
        new()
        {
            Caller = SpeParty,
            Nonce = "0123456789abcdef",
            At = Now,
            Until = Now + 3,
            Lineage = "l-1",
            Sub = "sub-nora",
            Allowed = true,
            Version = 1,
        };

    public SpeState SpeStatePayload() =>
        new()
        {
            Caller = "gateway",
            Nonce = "0123456789abcdef",
            At = Now,
            Until = Now + 3,
            States = [new SpeStatus(SpeParty, 1, SpeStatuses.Approved)],
        };

    public Deletion DeletionPayload() =>
        new()
        {
            Lineage = "l-1",
            Permit = Permit.Digest,
            Spe = SpeParty,
            Sources = ["cancer"],
            At = Now,
        };

    public Shredding ShreddingPayload() =>
        new()
        {
            Lineage = "l-1",
            At = Now,
            Places = ["/keys/permits"],
        };

    public static Refusal RefusalOf(Action act) => Assert.Throws<DocumentRefusedException>(act).Refusal;

    public void Dispose()
    {
        foreach (var signer in signers.Values)
        {
            signer.Dispose();
        }

        Root.Dispose();
        Directory.Delete(Folder, recursive: true);
    }
}
