using HealthDataNode.Protocol.Crypt4Gh;
using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Trust;
using static HealthDataNode.Services.Tests.Protocol.DocumentWorld;

namespace HealthDataNode.Services.Tests.Protocol;

public sealed class Holding_the_key_ceremony : IDisposable
{
    private readonly DocumentWorld world = new();

    private DateTimeOffset Now => world.Time.GetUtcNow();

    public void Dispose() => world.Dispose();

    [Fact]
    public void Is_safe_to_repeat()
    {
        using var key = SigningKey.Create();
        var request = KeyRequests.ForSigning(key, "x", KeyUses.Holder);
        var first = world.Root.State(request.Text, Now, Now.AddDays(1));
        using var again = RootAuthority.OpenOrCreate(Path.Combine(world.Folder, "root"), Path.Combine(world.Folder, "public"), world.Time);

        Assert.Equal(world.Root.Fingerprint, again.Fingerprint);
        Assert.Equal(first.Text, again.State(request.Text, Now, Now.AddDays(1)).Text);
        Assert.Equal(0, world.Trust.RefusedLines);
    }

    [Fact]
    public void States_no_key_without_proof_of_possession()
    {
        using var key = SigningKey.Create();
        using var mine = SigningKey.Create();
        var request = new KeyRequest
        {
            Party = "x",
            Use = KeyUses.Holder,
            Key = key.PublicKey,
            Sequence = 1,
        };

        Assert.Equal(Refusal.Signature, RefusalOf(() => world.Root.State(mine.Sign(request, "x:1:holder").Text, Now, Now.AddDays(1))));
        Assert.Equal(Refusal.UnknownKey, RefusalOf(() => world.Root.State(key.Sign(request, "y:1:holder").Text, Now, Now.AddDays(1))));
    }

    [Fact]
    public void States_no_second_key_under_a_name()
    {
        using var other = SigningKey.Create();
        var request = KeyRequests.ForSigning(other, Holder, KeyUses.Holder);

        Assert.Equal(Refusal.Invalid, RefusalOf(() => world.Root.State(request.Text, Now, Now.AddDays(1))));
    }

    [Fact]
    public void Leaves_no_gap_and_gives_an_ended_name_to_nobody_else()
    {
        using var next = SigningKey.Create();
        var third = KeyRequests.ForSigning(next, Holder, KeyUses.Holder, 3);
        Assert.Equal(Refusal.Invalid, RefusalOf(() => world.Root.State(third.Text, Now, Now.AddDays(1))));

        world.Time.Advance(TimeSpan.FromDays(400));
        var first = KeyRequests.ForSigning(next, Holder, KeyUses.Holder);
        Assert.Equal(Refusal.Invalid, RefusalOf(() => world.Root.State(first.Text, Now, Now.AddDays(1))));
    }

    [Fact]
    public void States_the_same_key_again_after_its_end()
    {
        using var key = SigningKey.Create();
        var request = KeyRequests.ForSigning(key, "x", KeyUses.Holder);
        world.Root.State(request.Text, Now, Now.AddDays(1));
        world.Time.Advance(TimeSpan.FromDays(2));
        Assert.Null(world.Trust.NewestOf("x", KeyUses.Holder));

        world.Root.State(request.Text, Now, Now.AddDays(1));
        Assert.NotNull(world.Trust.NewestOf("x", KeyUses.Holder));
        Assert.Equal(0, world.Trust.RefusedLines);
    }

    [Fact]
    public void States_an_encryption_key_that_the_party_answers_for()
    {
        using var key = EncryptionKey.Generate();
        var request = KeyRequests.ForEncryption(key.PublicKey, world.Signer(Holder, KeyUses.Holder));
        world.Root.State(request.Text, Now, Now.AddDays(1));

        Assert.Equal(key.PublicKey, world.Trust.EncryptionKeyOf(Holder));
        Assert.Null(world.Trust.EncryptionKeyOf(OtherHolder));
    }

    [Fact]
    public void States_no_encryption_key_that_another_party_answers_for()
    {
        using var key = EncryptionKey.Generate();
        var request = new KeyRequest
        {
            Party = Holder,
            Use = KeyUses.Encryption,
            Key = PublicJwk.Of(key.PublicKey),
            Sequence = 1,
        };
        var signed = world.Signer(Mallory, KeyUses.Holder).Sign(request);

        Assert.Equal(Refusal.UnknownKey, RefusalOf(() => world.Root.State(signed.Text, Now, Now.AddDays(1))));
    }

    [Fact]
    public void The_newest_encryption_key_in_force_wins()
    {
        using var first = EncryptionKey.Generate();
        using var second = EncryptionKey.Generate();
        var signer = world.Signer(Holder, KeyUses.Holder);
        world.Root.State(KeyRequests.ForEncryption(first.PublicKey, signer).Text, Now, Now.AddDays(9));
        world.Root.State(KeyRequests.ForEncryption(second.PublicKey, signer, 2).Text, Now, Now.AddDays(1));

        Assert.Equal(second.PublicKey, world.Trust.EncryptionKeyOf(Holder));
        world.Time.Advance(TimeSpan.FromDays(2));
        Assert.Equal(first.PublicKey, world.Trust.EncryptionKeyOf(Holder));
    }

    [Fact]
    public void Believes_no_root_but_the_one_of_the_fingerprint()
    {
        using var other = SigningKey.Create();
        File.WriteAllText(world.Root.FingerprintPath, other.Thumbprint);

        Assert.Throws<InvalidDataException>(() => new TrustStore(world.Root.StatementsPath, world.Root.FingerprintPath, world.Time));
    }

    [Fact]
    public void Writes_secrets_for_their_owner_alone()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "modes");
        var path = Path.Combine(world.Folder, "new", "secret");
        PrivateFile.Write(path, "one");
        PrivateFile.Write(path, "two");

        Assert.Equal("two", File.ReadAllText(path));
        Assert.Single(Directory.GetFiles(Path.GetDirectoryName(path)!));
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        }
    }

    [Fact]
    public void A_party_signs_with_its_newest_key()
    {
        var folder = Path.Combine(world.Folder, "keys");
        using var first = SigningKey.LoadOrCreate(DocumentSigner.PathOf(folder, 1));
        using var second = SigningKey.LoadOrCreate(DocumentSigner.PathOf(folder, 2));
        using var signer = DocumentSigner.Load(folder, "gateway", KeyUses.Gateway);

        Assert.Equal("gateway:2:gateway", signer.Kid);
        Assert.Equal(second.Thumbprint, signer.PublicKey.Thumbprint);
        Assert.Throws<FileNotFoundException>(() => DocumentSigner.Load(world.Folder, "gateway", KeyUses.Gateway));
    }
}
