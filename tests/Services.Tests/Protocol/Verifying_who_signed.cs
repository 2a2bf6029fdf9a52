using System.Text;
using System.Text.Json;
using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Seals;
using HealthDataNode.Protocol.Trust;
using static HealthDataNode.Services.Tests.Protocol.DocumentWorld;

namespace HealthDataNode.Services.Tests.Protocol;

/// <summary>architecture.md §4, "who signs what, who checks": for each document, keys that are valid and stated
/// by the root, but another's.</summary>
public sealed class Verifying_who_signed : IDisposable
{
    private readonly DocumentWorld world = new();

    public void Dispose() => world.Dispose();

    [Fact]
    public void Accepts_every_document_of_its_own_author()
    {
        var deliveryKey = world.Sealed(SealTypes.DeliveryKey);
        var manifest = Sign("gateway", KeyUses.Gateway, world.ManifestPayload() with { DeliveryKey = deliveryKey.Digest });
        var order = world.VerifiedOrder();

        Assert.Equal(Holder, order.Holder);
        Assert.Equal(manifest.Digest, world.Verifier.VerifyManifest(manifest.Text, order, deliveryKey).Digest);
        world.Verifier.VerifyReceipt(Sign(SpeParty, KeyUses.Spe, world.ReceiptPayload(manifest.Digest)).Text, order, manifest);
        world.Verifier.VerifyClosing(Sign(Holder, KeyUses.Holder, world.ClosingPayload()).Text, order);
        world.Verifier.VerifySpeKey(Sign(SpeParty, KeyUses.Spe, world.SpeKeyPayload()).Text, order.Permit.Payload);
        world.Trust.Verify<PermitState>(Sign("permit", KeyUses.Permit, world.PermitStatePayload()).Text);
        world.Trust.Verify<AccessAnswer>(Sign("permit", KeyUses.Permit, world.AccessPayload()).Text);
        foreach (var type in SealTypes.All)
        {
            world.Trust.Verify<Seal>(world.Sealed(type).Text);
        }
    }

    [Fact]
    public void Refuses_a_permit_by_another_party_with_the_use_permit() =>
        RefusesParty<PermitDocument>(world.PermitPayload(), KeyUses.Permit);

    [Fact]
    public void Refuses_a_permit_by_a_holder() => RefusesUse<PermitDocument>(world.PermitPayload(), Holder, KeyUses.Holder);

    [Fact]
    public void Refuses_a_permit_by_the_gateway() => RefusesUse<PermitDocument>(world.PermitPayload(), "gateway", KeyUses.Gateway);

    [Fact]
    public void Refuses_a_lease_by_another_party_with_the_use_permit() =>
        RefusesParty<PermitState>(world.PermitStatePayload(), KeyUses.Permit);

    [Fact]
    public void Refuses_a_lease_by_the_gateway() => RefusesUse<PermitState>(world.PermitStatePayload(), "gateway", KeyUses.Gateway);

    [Fact]
    public void Refuses_an_access_answer_by_another_party_with_the_use_permit() =>
        RefusesParty<AccessAnswer>(world.AccessPayload(), KeyUses.Permit);

    [Fact]
    public void Refuses_an_access_answer_by_the_SPE_itself() => RefusesUse<AccessAnswer>(world.AccessPayload(), SpeParty, KeyUses.Spe);

    [Fact]
    public void Refuses_an_order_by_another_party_with_the_use_gateway() =>
        RefusesParty<OrderDocument>(world.OrderPayload(), KeyUses.Gateway);

    [Fact]
    public void Refuses_an_order_by_the_permit_service() => RefusesUse<OrderDocument>(world.OrderPayload(), "permit", KeyUses.Permit);

    [Fact]
    public void Refuses_a_manifest_by_another_party_with_the_use_gateway() =>
        RefusesParty<Manifest>(world.ManifestPayload(), KeyUses.Gateway);

    [Fact]
    public void Refuses_a_manifest_by_a_holder() => RefusesUse<Manifest>(world.ManifestPayload(), Holder, KeyUses.Holder);

    [Theory]
    [InlineData(SealTypes.Identifiers)]
    [InlineData(SealTypes.Rows)]
    [InlineData(SealTypes.Tokens)]
    [InlineData(SealTypes.Delivery)]
    [InlineData(SealTypes.DeliveryKey)]
    public void Refuses_a_seal_by_another_party_with_the_right_use(string type)
    {
        IDocument<Seal> seal = world.SealPayload(type);
        RefusesParty(world.SealPayload(type), seal.Use);
    }

    [Theory]
    [InlineData(SealTypes.Identifiers, "gateway", KeyUses.Gateway)]
    [InlineData(SealTypes.Rows, "pseudonymisation", KeyUses.Pseudonymisation)]
    [InlineData(SealTypes.Tokens, Holder, KeyUses.Holder)]
    [InlineData(SealTypes.Delivery, Holder, KeyUses.Holder)]
    [InlineData(SealTypes.DeliveryKey, "gateway", KeyUses.Gateway)]
    public void Refuses_a_seal_by_a_party_of_another_use(string type, string party, string use) =>
        RefusesUse(world.SealPayload(type), party, use);

    [Fact]
    public void Refuses_a_seal_in_the_name_of_another_holder()
    {
        var seal = Sign(OtherHolder, KeyUses.Holder, world.SealPayload(SealTypes.Rows));

        Assert.Equal(Refusal.WrongParty, RefusalOf(() => world.Trust.Verify<Seal>(seal.Text)));
    }

    [Fact]
    public void Refuses_a_closing_document_by_another_holder()
    {
        var closing = Sign(OtherHolder, KeyUses.Holder, world.ClosingPayload());

        Assert.Equal(Refusal.WrongParty, RefusalOf(() => world.Verifier.VerifyClosing(closing.Text, world.VerifiedOrder())));
    }

    [Fact]
    public void Refuses_a_closing_document_by_the_gateway() => RefusesUse<Closing>(world.ClosingPayload(), "gateway", KeyUses.Gateway);

    [Fact]
    public void Does_not_verify_a_closing_document_without_being_told_the_holder() =>
        Assert.Throws<ArgumentException>(() => world.Trust.Verify<Closing>(Sign(Holder, KeyUses.Holder, world.ClosingPayload()).Text));

    [Fact]
    public void Refuses_an_encryption_key_by_another_SPE()
    {
        var inItsName = Sign(Mallory, KeyUses.Spe, world.SpeKeyPayload());
        var inItsOwn = Sign(Mallory, KeyUses.Spe, world.SpeKeyPayload(Mallory));

        Assert.Equal(Refusal.WrongParty, RefusalOf(() => world.Verifier.VerifySpeKey(inItsName.Text, world.Permit.Payload)));
        Assert.Equal(Refusal.WrongParty, RefusalOf(() => world.Verifier.VerifySpeKey(inItsOwn.Text, world.Permit.Payload)));
    }

    [Fact]
    public void Refuses_an_encryption_key_by_the_gateway() => RefusesUse<SpeKey>(world.SpeKeyPayload(), "gateway", KeyUses.Gateway);

    [Fact]
    public void Refuses_an_encryption_key_by_a_new_key_of_the_SPE_that_the_old_one_has_not_signed()
    {
        world.State(SpeParty, KeyUses.Spe, sequence: 2);
        var speKey = Sign(SpeParty, KeyUses.Spe, world.SpeKeyPayload());

        world.Trust.Verify<SpeKey>(speKey.Text);
        Assert.Equal(Refusal.NotPinned, RefusalOf(() => world.Verifier.VerifySpeKey(speKey.Text, world.Permit.Payload)));
    }

    [Fact]
    public void Accepts_an_encryption_key_by_a_new_key_that_the_old_one_has_signed()
    {
        using var next = SigningKey.Create();
        var endorsement = KeyRequests.Endorse(next.PublicKey, KeyUses.Spe, world.Signer(SpeParty, KeyUses.Spe));
        world.State(next, SpeParty, KeyUses.Spe, 2, 365, endorsement.Text);

        world.Verifier.VerifySpeKey(Sign(SpeParty, KeyUses.Spe, world.SpeKeyPayload()).Text, world.Permit.Payload);
    }

    [Fact]
    public void Refuses_an_endorsement_by_somebody_else()
    {
        using var next = SigningKey.Create();
        using var before = new DocumentSigner(SigningKey.Create(), SpeParty, KeyUses.Spe);
        var forged = KeyRequests.Endorse(next.PublicKey, KeyUses.Spe, before).Text;
        Assert.Equal(Refusal.Signature, RefusalOf(() => world.State(next, SpeParty, KeyUses.Spe, 2, 365, forged)));

        // And where it stands in the file all the same.
        world.State(next, SpeParty, KeyUses.Spe, 2, 365);
        var lines = File.ReadAllLines(world.Root.StatementsPath);
        lines[^1] = lines[^1].Replace("\"}", $"\",\"endorsement\":\"{forged}\"}}", StringComparison.Ordinal);
        File.WriteAllLines(world.Root.StatementsPath, lines);
        Assert.Equal(0, world.Trust.RefusedLines);
        Assert.False(world.Trust.IsPinned(world.Signer(SpeParty, KeyUses.Spe).Kid, world.Permit.Payload.Spe));
    }

    [Fact]
    public void Refuses_a_receipt_by_another_SPE()
    {
        var manifest = Sign("gateway", KeyUses.Gateway, world.ManifestPayload());
        var receipt = Sign(Mallory, KeyUses.Spe, world.ReceiptPayload(manifest.Digest));

        Assert.Equal(Refusal.WrongParty, RefusalOf(() => world.Verifier.VerifyReceipt(receipt.Text, world.VerifiedOrder(), manifest)));
    }

    [Fact]
    public void Refuses_a_receipt_by_the_gateway() => RefusesUse<Receipt>(world.ReceiptPayload(Hex('c')), "gateway", KeyUses.Gateway);

    [Fact]
    public void Believes_no_statement_that_the_root_has_not_signed()
    {
        using var own = SigningKey.Create();
        var statement = new KeyStatement
        {
            Party = "permit",
            Use = KeyUses.Permit,
            Key = own.PublicKey,
            Sequence = 2,
            From = world.Now,
            To = world.Now + 1000,
        };
        using var otherRoot = SigningKey.Create();
        Append(otherRoot.Sign(statement, "root").Text);
        Append(Sign(Mallory, KeyUses.Permit, statement).Text);
        using var signer = new DocumentSigner(own, "permit", KeyUses.Permit, 2);
        var permit = signer.Sign(world.PermitPayload());

        Assert.Equal(Refusal.UnknownKey, RefusalOf(() => world.Trust.Verify<PermitDocument>(permit.Text)));
        Assert.Equal(2, world.Trust.RefusedLines);
        Assert.Equal(Refusal.Signature, RefusalOf(() => world.Trust.Verify<KeyStatement>(otherRoot.Sign(statement, "root").Text)));
        Assert.Equal(Refusal.WrongUse, RefusalOf(() => world.Trust.Verify<KeyStatement>(Sign(Mallory, KeyUses.Permit, statement).Text)));
    }

    [Fact]
    public void Refuses_a_document_by_the_root()
    {
        using var root = SigningKey.Load(Path.Combine(world.Folder, "root", "root.pem"));

        Assert.Equal(Refusal.WrongUse, RefusalOf(() => world.Trust.Verify<PermitDocument>(root.Sign(world.PermitPayload(), "root").Text)));
    }

    [Fact]
    public void Refuses_a_key_after_its_statement_has_ended()
    {
        world.Time.Advance(TimeSpan.FromDays(365));

        Assert.Equal(Refusal.KeyNotInForce, RefusalOf(() => world.Trust.Verify<PermitDocument>(world.Permit.Text)));
    }

    [Fact]
    public void Refuses_a_key_before_its_statement_begins()
    {
        world.Time.AdjustTime(world.Time.GetUtcNow().AddSeconds(-1));

        Assert.Equal(Refusal.KeyNotInForce, RefusalOf(() => world.Trust.Verify<PermitDocument>(world.Permit.Text)));
    }

    [Fact]
    public void Refuses_a_signature_by_a_key_that_only_borrows_the_name()
    {
        using var own = new DocumentSigner(SigningKey.Create(), "permit", KeyUses.Permit);

        Assert.Equal(Refusal.Signature, RefusalOf(() => world.Trust.Verify<PermitDocument>(own.Sign(world.PermitPayload()).Text)));
    }

    [Fact]
    public void Refuses_a_changed_payload()
    {
        var parts = world.Permit.Text.Split('.');
        var payload = Encoding.UTF8.GetString(Base64UrlText.Decode(parts[1])).Replace("1000", "9000", StringComparison.Ordinal);
        var changed = $"{parts[0]}.{Base64UrlText.Encode(Encoding.UTF8.GetBytes(payload))}.{parts[2]}";

        Assert.Equal(Refusal.Signature, RefusalOf(() => world.Trust.Verify<PermitDocument>(changed)));
    }

    [Fact]
    public void Refuses_a_document_of_another_type()
    {
        Assert.Equal(Refusal.WrongType, RefusalOf(() => world.Trust.Verify<OrderDocument>(world.Permit.Text)));
        Assert.Equal(Refusal.WrongType, RefusalOf(() => world.Trust.Verify<PermitDocument>(world.Order.Text)));
    }

    [Theory]
    [InlineData("""{"extra":1,""", "{")]
    [InlineData("""{"version":1,""", "{")]
    [InlineData("""{"Lineage":"x",""", "{")]
    public void Refuses_members_that_a_reader_would_overlook(string with, string without)
    {
        var json = JsonSerializer.Serialize(world.PermitPayload(), JsonSerializerOptions.Web);
        var payload = with + json[without.Length..];
        using var key = SigningKey.Create();
        world.State(key, "permit", KeyUses.Permit, 2, 365);
        var jws = key.Sign(Encoding.UTF8.GetBytes(payload), "permit+jwt", "permit:2:permit");

        Assert.Equal(Refusal.Malformed, RefusalOf(() => world.Trust.Verify<PermitDocument>(jws.Text)));
    }

    [Fact]
    public void Knows_a_key_that_was_stated_after_the_store_was_opened()
    {
        world.State("late", KeyUses.Holder);
        var seal = Sign("late", KeyUses.Holder, world.SealPayload(SealTypes.Rows) with { Sender = "late" });

        Assert.Equal("late", world.Trust.Verify<Seal>(seal.Text).Party);
    }

    private SignedDocument<T> Sign<T>(string party, string use, T payload)
        where T : class, IDocument<T> => world.Signer(party, use).Sign(payload);

    private void RefusesParty<T>(T payload, string use)
        where T : class, IDocument<T> =>
        Assert.Equal(Refusal.WrongParty, RefusalOf(() => world.Trust.Verify<T>(Sign(Mallory, use, payload).Text)));

    private void RefusesUse<T>(T payload, string party, string use)
        where T : class, IDocument<T> =>
        Assert.Equal(Refusal.WrongUse, RefusalOf(() => world.Trust.Verify<T>(Sign(party, use, payload).Text, party)));

    private void Append(string statement) =>
        File.AppendAllText(world.Root.StatementsPath, JsonSerializer.Serialize(new { statement }) + "\n");
}
