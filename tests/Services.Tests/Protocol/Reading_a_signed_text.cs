using System.Security.Cryptography;
using System.Text;
using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Trust;
using static HealthDataNode.Services.Tests.Protocol.DocumentWorld;

namespace HealthDataNode.Services.Tests.Protocol;

public sealed class Reading_a_signed_text
{
    private const string Good = """{"alg":"ES256","typ":"t+jwt","kid":"k"}""";

    [Fact]
    public void Reads_what_was_signed()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var signed = Jws.Sign("{}"u8, "t+jwt", "k", key);

        var read = Jws.Read(signed.Text);

        Assert.Equal(("t+jwt", "k"), (read.Typ, read.Kid));
        Assert.True(read.Verifies(key));
        Assert.Equal(
            Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(signed.Text[..signed.Text.LastIndexOf('.')]))),
            read.Digest
        );
    }

    [Fact]
    public void Gives_the_same_digest_to_the_same_words_signed_twice()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var (one, two) = (Jws.Sign("{}"u8, "t", "k", key), Jws.Sign("{}"u8, "t", "k", key));

        Assert.NotEqual(one.Text, two.Text);
        Assert.Equal(one.Digest, two.Digest);
    }

    [Theory]
    [InlineData("""{"alg":"none","typ":"t+jwt","kid":"k"}""")]
    [InlineData("""{"alg":"HS256","typ":"t+jwt","kid":"k"}""")]
    [InlineData("""{"alg":"ES384","typ":"t+jwt","kid":"k"}""")]
    [InlineData("""{"alg":"es256","typ":"t+jwt","kid":"k"}""")]
    [InlineData("""{"alg":"ES256","typ":"t+jwt"}""")]
    [InlineData("""{"alg":"ES256","kid":"k"}""")]
    [InlineData("""{"typ":"t+jwt","kid":"k"}""")]
    [InlineData("""{"alg":"ES256","typ":"t+jwt","kid":"k","crit":["b64"]}""")]
    [InlineData("""{"alg":"ES256","typ":"t+jwt","kid":"k","jwk":{"kty":"EC"}}""")]
    [InlineData("""{"alg":"ES256","typ":"t+jwt","kid":"k","jku":"https://x.example"}""")]
    [InlineData("""{"alg":"ES256","typ":"t+jwt","kid":"k","x5u":"https://x.example"}""")]
    [InlineData("""{"alg":"ES256","typ":"t+jwt","kid":"k","x5c":[]}""")]
    [InlineData("""{"alg":"ES256","typ":"t+jwt","kid":"k","cty":"x"}""")]
    [InlineData("""{"alg":"ES256","typ":"t+jwt","kid":"k","kid":"l"}""")]
    [InlineData("""{"alg":"ES256","alg":"ES256","typ":"t+jwt","kid":"k"}""")]
    [InlineData("""{"alg":"ES256","typ":"t+jwt","kid":1}""")]
    [InlineData("""{"alg":"ES256","typ":"t+jwt","kid":null}""")]
    [InlineData("""{"alg":"ES256","typ":"t+jwt","kid":"k"} {}""")]
    [InlineData("""["alg","typ","kid"]""")]
    [InlineData("ES256")]
    [InlineData("")]
    public void Refuses_any_other_header(string header) => Assert.Equal(Refusal.Header, RefusalOf(() => Jws.Read(Text(header))));

    [Fact]
    public void Refuses_what_is_no_compact_text()
    {
        var good = Text(Good);
        var signature = good[(good.LastIndexOf('.') + 1)..];
        string[] bad =
        [
            "",
            ".",
            "..",
            "a.b",
            good + ".x",
            good + "=",
            good + "\n",
            good + "A",
            good.Replace('.', ' '),
            good[..^1],
            good[..good.LastIndexOf('.')] + ".",
            " " + good,
            // 86 characters carry 4 bits too many: with one of them set it is another text of the same bytes.
            good[..^signature.Length] + signature[..^1] + (signature[^1] == 'B' ? 'C' : 'B'),
        ];

        Assert.All(bad, text => Assert.Equal(Refusal.Malformed, RefusalOf(() => Jws.Read(text))));
    }

    [Fact]
    public void Refuses_a_text_that_is_too_long() =>
        Assert.Equal(Refusal.Malformed, RefusalOf(() => Jws.Read(new string('a', Jws.MaximumLength + 1))));

    [Fact]
    public void Never_prints_a_private_key()
    {
        using var key = SigningKey.Create();
        using var signer = new DocumentSigner(SigningKey.Create(), "gateway", KeyUses.Gateway);

        Assert.Equal("***", key.ToString());
        Assert.Equal("gateway:1:gateway", signer.ToString());
    }

    [Fact]
    public void Refuses_to_sign_what_would_be_refused()
    {
        using var world = new DocumentWorld();

        Assert.Throws<ArgumentException>(() => world.Signer("permit", KeyUses.Permit).Sign(world.PermitPayload() with { Persons = [] }));
    }

    private static string Text(string header) =>
        Base64UrlText.Encode(Encoding.UTF8.GetBytes(header))
        + "."
        + Base64UrlText.Encode("{}"u8)
        + "."
        + Base64UrlText.Encode(new byte[64]);
}
