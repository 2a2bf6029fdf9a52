using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Seals;
using static HealthDataNode.Services.Tests.Protocol.DocumentWorld;

namespace HealthDataNode.Services.Tests.Protocol;

public sealed class Checking_a_seal : IDisposable
{
    private readonly DocumentWorld world = new();
    private readonly SealVerifier verifier;
    private readonly SealExpectation expected;

    public Checking_a_seal()
    {
        verifier = new SealVerifier(world.Trust);
        expected = new SealExpectation(SealTypes.Rows, Holder, "gateway", world.Order.Digest, 1);
    }

    public void Dispose() => world.Dispose();

    [Fact]
    public void Accepts_what_its_receiver_expects()
    {
        var seal = new SealBuilder(world.Signer(Holder, KeyUses.Holder)).Build(
            SealTypes.Rows,
            "gateway",
            world.Order.Digest,
            1,
            3,
            SealedBytes.Of("bytes"u8)
        );

        Assert.Equal(3, verifier.Verify(seal.Text, expected, SealedBytes.Of("bytes"u8)).Payload.Rows);
    }

    [Fact]
    public void Says_in_what_a_seal_differs()
    {
        var seal = world.Sealed(SealTypes.Rows).Text;
        var tokens = world.Sealed(SealTypes.Tokens).Text;
        var answer = new SealExpectation(SealTypes.Tokens, "pseudonymisation", Holder, world.Order.Digest, 1, Hex('f'));
        var bytes = SealedBytes.Of("bytes"u8);
        (Refusal Refusal, Action Act)[] cases =
        [
            (Refusal.SealType, () => verifier.Verify(seal, expected with { Type = SealTypes.Identifiers })),
            (Refusal.SealSender, () => verifier.Verify(seal, expected with { Sender = OtherHolder })),
            (Refusal.SealRecipient, () => verifier.Verify(seal, expected with { Recipient = SpeParty })),
            (Refusal.SealOrder, () => verifier.Verify(seal, expected with { Order = Hex('f') })),
            (Refusal.SealPart, () => verifier.Verify(seal, expected with { Part = 2 })),
            (Refusal.SealAnswers, () => verifier.Verify(tokens, answer)),
            (Refusal.SealLength, () => verifier.Verify(seal, expected, bytes with { Length = 4 })),
            (Refusal.SealSha256, () => verifier.Verify(seal, expected, SealedBytes.Of("byteZ"u8))),
            (Refusal.SealRows, () => SealVerifier.CheckRows(world.SealPayload(SealTypes.Rows), 2)),
        ];

        Assert.All(cases, c => Assert.Equal(c.Refusal, RefusalOf(c.Act)));
    }

    [Fact]
    public async Task Measures_a_stream_as_it_does_bytes()
    {
        var bytes = new byte[300_000];
        bytes[^1] = 1;
        using var stream = new MemoryStream(bytes);

        Assert.Equal(SealedBytes.Of(bytes), await SealedBytes.OfAsync(stream, TestContext.Current.CancellationToken));
    }
}
