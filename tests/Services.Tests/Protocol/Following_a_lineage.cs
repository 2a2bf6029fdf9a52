using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Trust;
using static HealthDataNode.Services.Tests.Protocol.DocumentWorld;

namespace HealthDataNode.Services.Tests.Protocol;

public sealed class Following_a_lineage : IDisposable
{
    private readonly DocumentWorld world = new();
    private readonly LineageLedger ledger = new();

    public void Dispose() => world.Dispose();

    [Fact]
    public void Keeps_the_newest_version()
    {
        ledger.Accept(world.Permit);
        var second = Version(2, world.Permit.Digest);

        Assert.Equal(second.Digest, ledger.Accept(second).Digest);
        Assert.Equal(2, ledger.HeadOf("l-1")!.Version);
    }

    [Fact]
    public void Takes_the_same_version_again()
    {
        var head = ledger.Accept(world.Permit);

        Assert.Equal(head, ledger.Accept(world.Permit));
    }

    [Fact]
    public void Refuses_a_second_successor()
    {
        ledger.Accept(world.Permit);
        var second = ledger.Accept(Version(2, world.Permit.Digest));

        Assert.Equal(Refusal.SecondSuccessor, RefusalOf(() => ledger.Accept(Version(2, world.Permit.Digest, purpose: "another"))));
        Assert.Equal(second, ledger.HeadOf("l-1"));
    }

    [Fact]
    public void Refuses_another_first_version()
    {
        ledger.Accept(world.Permit);
        var other = Sign(world.PermitPayload() with { Purpose = "another" });

        Assert.Equal(Refusal.SecondSuccessor, RefusalOf(() => ledger.Accept(other)));
    }

    [Fact]
    public void Refuses_a_successor_of_something_else()
    {
        ledger.Accept(world.Permit);

        Assert.Equal(Refusal.SecondSuccessor, RefusalOf(() => ledger.Accept(Version(2, Hex('d')))));
    }

    [Fact]
    public void Refuses_an_older_version_after_a_restart()
    {
        ledger.Accept(world.Permit);
        var persisted = ledger.Accept(Version(2, world.Permit.Digest));
        var again = new LineageLedger([persisted]);

        Assert.Equal(Refusal.OlderVersion, RefusalOf(() => again.Accept(world.Permit)));
    }

    [Fact]
    public void Refuses_another_applicant()
    {
        ledger.Accept(world.Permit);
        var next = world.PermitPayload() with
        {
            Version = 2,
            Previous = world.Permit.Digest,
            Applicant = new PermitApplicant("sub-ivar", "999000301"),
        };

        Assert.Equal(Refusal.OtherApplicant, RefusalOf(() => ledger.Accept(Sign(next))));
    }

    [Fact]
    public void An_order_is_of_its_permit_and_of_a_source_of_it()
    {
        var other = Sign(world.PermitPayload() with { Purpose = "another" });
        var source = SignOrder(world.OrderPayload() with { Source = "death" });
        var lineage = SignOrder(world.OrderPayload() with { Lineage = "l-2" });

        Assert.Equal(Refusal.Unrelated, RefusalOf(() => world.Verifier.Verify(world.Order.Text, other.Text)));
        Assert.Equal(Refusal.Unrelated, RefusalOf(() => world.Verifier.Verify(source.Text, world.Permit.Text)));
        Assert.Equal(Refusal.Unrelated, RefusalOf(() => world.Verifier.Verify(lineage.Text, world.Permit.Text)));
    }

    [Fact]
    public void An_order_needs_its_permit_inside_its_dates()
    {
        world.Time.Advance(TimeSpan.FromDays(301));

        Assert.Equal(Refusal.PermitNotInForce, RefusalOf(() => world.Verifier.Verify(world.Order.Text, world.Permit.Text)));
    }

    [Fact]
    public void An_order_of_an_older_version_is_refused()
    {
        var head = LineageHead.Of(Version(2, world.Permit.Digest));

        Assert.Equal(Refusal.OlderVersion, RefusalOf(() => world.Verifier.Verify(world.Order.Text, world.Permit.Text, head)));
    }

    [Fact]
    public void A_manifest_is_for_its_order_in_every_member()
    {
        var deliveryKey = world.Sealed(SealTypes.DeliveryKey);
        var good = world.ManifestPayload() with { DeliveryKey = deliveryKey.Digest };
        Manifest[] bad =
        [
            good with
            {
                Order = Hex('e'),
            },
            good with
            {
                Permit = Hex('e'),
            },
            good with
            {
                Lineage = "l-2",
            },
            good with
            {
                Source = "death",
            },
            good with
            {
                Spe = "otherspe",
            },
            good with
            {
                DeliveryKey = Hex('e'),
            },
            good with
            {
                Columns = ["year", "stage"],
            },
            good with
            {
                Columns = ["stage"],
            },
            good with
            {
                Columns = ["stage", "year", "more"],
            },
        ];

        Assert.All(
            bad,
            m =>
                Assert.Equal(
                    Refusal.Unrelated,
                    RefusalOf(() =>
                        world.Verifier.VerifyManifest(
                            world.Signer("gateway", KeyUses.Gateway).Sign(m).Text,
                            world.VerifiedOrder(),
                            deliveryKey
                        )
                    )
                )
        );
    }

    [Fact]
    public void A_receipt_is_for_its_manifest_in_every_member()
    {
        var manifest = world.Signer("gateway", KeyUses.Gateway).Sign(world.ManifestPayload());
        var good = world.ReceiptPayload(manifest.Digest);
        Receipt[] bad =
        [
            good with
            {
                Manifest = Hex('e'),
            },
            good with
            {
                Order = Hex('e'),
            },
            good with
            {
                Rows = 2,
            },
            good with
            {
                Workspace = "l-2",
            },
        ];

        Assert.All(
            bad,
            r =>
                Assert.Equal(
                    Refusal.Unrelated,
                    RefusalOf(() =>
                        world.Verifier.VerifyReceipt(world.Signer(SpeParty, KeyUses.Spe).Sign(r).Text, world.VerifiedOrder(), manifest)
                    )
                )
        );
    }

    private SignedDocument<PermitDocument> Version(int version, string previous, string purpose = "scientific research") =>
        Sign(world.PermitPayload() with { Version = version, Previous = previous, Purpose = purpose });

    private SignedDocument<PermitDocument> Sign(PermitDocument permit) => world.Signer("permit", KeyUses.Permit).Sign(permit);

    private SignedDocument<OrderDocument> SignOrder(OrderDocument order) => world.Signer("gateway", KeyUses.Gateway).Sign(order);
}
