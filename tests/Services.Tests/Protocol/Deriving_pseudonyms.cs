using System.Text.Json;
using CsCheck;
using HealthDataNode.Protocol;
using HealthDataNode.Protocol.Identifiers;
using HealthDataNode.Protocol.Pseudonyms;

namespace HealthDataNode.Services.Tests.Protocol;

public sealed class Deriving_pseudonyms : IDisposable
{
    private static readonly JsonElement Vector = Vectors.Json("pseudonyms.json");
    private readonly PermitKey permitKey = new(Vector.Hex("permitKey"));

    public void Dispose() => permitKey.Dispose();

    [Fact]
    public void Derives_the_keys_of_the_vectors()
    {
        var derived = new byte[PermitKey.Size];
        foreach (var vector in Vector.List("keys"))
        {
            permitKey.Derive(vector.Text("label"), vector.Text("context"), derived);
            Assert.Equal(vector.Text("key"), Convert.ToHexStringLower(derived));
        }

        permitKey.DeriveDeliveryKey(Vector.Texts("orders").First(), derived);
        Assert.Equal(Vector.List("keys").ElementAt(3).Text("key"), Convert.ToHexStringLower(derived));
    }

    [Fact]
    public void Goes_the_way_of_the_vectors_from_identifier_to_permit_pseudonym()
    {
        var orders = Vector.Texts("orders").ToArray();
        using var pseudonyms = permitKey.PseudonymCipher(Vector.Text("lineage"));
        foreach (var person in Vector.List("persons"))
        {
            var block = new byte[Block.Size];
            Block.Encode(PersonIdentifier.Parse(person.Text("identifier")), block);
            Assert.Equal(person.Text("block"), Convert.ToHexStringLower(block));
            for (var i = 0; i < orders.Length; i++)
            {
                var expected = person.List("orders").ElementAt(i);
                using var tokens = permitKey.TokenCipher(orders[i]);
                using var deliveries = permitKey.DeliveryCipher(orders[i]);
                var value = (byte[])block.Clone();

                tokens.Encrypt(value, value); // what the holder gets
                Assert.Equal(expected.Text("token"), PseudonymText.Format(value));

                tokens.Decrypt(value, value); // the re-key
                Assert.True(Block.TryDecode(value, out var identifier));
                Assert.True(identifier == PersonIdentifier.Parse(person.Text("identifier")));
                pseudonyms.Encrypt(value, value);
                deliveries.Encrypt(value, value);
                Assert.Equal(expected.Text("deliveryPseudonym"), PseudonymText.Format(value));

                deliveries.Decrypt(value, value); // the SPE's ingress
                Assert.Equal(person.Text("permitPseudonym"), PseudonymText.Format(value));
            }
        }
    }

    [Fact]
    public void Finds_forged_tokens_and_those_of_another_order_by_the_block()
    {
        foreach (var vector in Vector.List("refusedBlocks"))
        {
            Assert.False(Block.TryDecode(vector.Hex("block"), out _), vector.Text("name"));
        }

        using var tokens = permitKey.TokenCipher(Vector.Texts("orders").First());
        Gen.Byte.Array[Block.Size]
            .Sample(forged =>
            {
                tokens.Decrypt(forged, forged);
                return !Block.TryDecode(forged, out _);
            });
    }

    [Fact]
    public void Decodes_every_block_it_encodes() =>
        Synthetic.Identifier.Sample(identifier =>
        {
            var block = new byte[Block.Size];
            Block.Encode(identifier, block);
            return Block.TryDecode(block, out var back) && back == identifier;
        });

    [Fact]
    public void Gives_the_same_in_one_batch_as_block_by_block() =>
        Gen
            .Byte.Array[0, 300]
            .Select(bytes => bytes[..(bytes.Length / Block.Size * Block.Size)])
            .Sample(blocks =>
            {
                using var cipher = permitKey.TokenCipher("order");
                var batch = new byte[blocks.Length];
                cipher.Encrypt(blocks, batch);
                var single = new byte[blocks.Length];
                for (var at = 0; at < blocks.Length; at += Block.Size)
                {
                    cipher.Encrypt(blocks.AsSpan(at, Block.Size), single.AsSpan(at));
                }

                var back = (byte[])batch.Clone();
                cipher.Decrypt(back, back);
                return batch.AsSpan().SequenceEqual(single) && back.AsSpan().SequenceEqual(blocks);
            });

    [Fact]
    public void Encrypts_batches_past_the_size_of_a_slice()
    {
        using var cipher = permitKey.TokenCipher("order");
        var blocks = new byte[Block.Size * 40_000];
        new Random(1).NextBytes(blocks);
        var batch = (byte[])blocks.Clone();
        cipher.Encrypt(batch, batch);
        var last = new byte[Block.Size];
        cipher.Encrypt(blocks.AsSpan(^Block.Size..), last);
        Assert.Equal(last, batch[^Block.Size..]);
        cipher.Decrypt(batch, batch);
        Assert.Equal(blocks, batch);
    }

    [Fact]
    public void Gives_unrelated_pseudonyms_in_another_lineage()
    {
        using var another = PermitKey.Generate();
        using var here = permitKey.PseudonymCipher("a");
        using var there = another.PseudonymCipher("a");
        using var elsewhere = permitKey.PseudonymCipher("b");
        var values = new HashSet<string>();
        foreach (var cipher in (BatchCipher[])[here, there, elsewhere])
        {
            var value = Vector.List("persons").First().Hex("block");
            cipher.Encrypt(value, value);
            values.Add(PseudonymText.Format(value));
        }

        Assert.Equal(3, values.Count);
    }

    [Fact]
    public void Reads_one_text_form_alone()
    {
        var value = new byte[Block.Size];
        foreach (var text in Vector.Texts("refusedTexts"))
        {
            Assert.False(PseudonymText.TryRead(System.Text.Encoding.UTF8.GetBytes(text), value), text);
        }

        Gen.Byte.Array[Block.Size]
            .Sample(
                bytes =>
                {
                    var text = new byte[PseudonymText.Length];
                    PseudonymText.Write(bytes, text);
                    return PseudonymText.TryRead(text, value) && value.AsSpan().SequenceEqual(bytes);
                },
                threads: 1
            );
    }

    [Fact]
    public void Never_prints_a_key()
    {
        using var cipher = permitKey.TokenCipher("order");
        Assert.Equal("*** ***", $"{permitKey} {cipher}");
    }

    [Fact]
    public void Refuses_a_key_of_another_length_and_any_use_after_erasing()
    {
        Assert.Equal("permit-key-malformed", Assert.Throws<ProtocolException>(() => new PermitKey(new byte[31])).Code);
        var key = PermitKey.Generate();
        key.Dispose();
        Assert.Throws<ObjectDisposedException>(() => key.TokenCipher("order"));
    }

    [Fact]
    public void Sums_tokens_whatever_their_order()
    {
        var vector = Vectors.Json("records.json").GetProperty("tokenSum");
        var tokens = vector.Hex("tokens");
        var sum = default(TokenSum).Add(tokens);
        Assert.Equal((vector.Number("count"), vector.Text("sum")), (sum.Count, sum.SumHex));
        Assert.Equal(sum, default(TokenSum).Add(tokens.AsSpan(16)).Add(default(TokenSum).Add(tokens.AsSpan(0, 16))));
        Assert.Equal(sum, TokenSum.From(sum.Count, sum.SumHex));
    }
}
