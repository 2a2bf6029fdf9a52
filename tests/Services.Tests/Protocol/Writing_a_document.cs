using HealthDataNode.Protocol.Documents;

namespace HealthDataNode.Services.Tests.Protocol;

/// <summary>What each kind of document may say.</summary>
public sealed class Writing_a_document : IDisposable
{
    private readonly DocumentWorld world = new();

    public void Dispose() => world.Dispose();

    [Fact]
    public void A_permit_has_dates_in_order_and_a_chain()
    {
        var good = world.PermitPayload();
        Assert.Null(good.Fault());
        PermitDocument[] bad =
        [
            good with
            {
                From = good.To,
            },
            good with
            {
                IssuedAt = good.To,
            },
            good with
            {
                From = 0,
            },
            good with
            {
                To = long.MaxValue,
            },
            good with
            {
                Version = 0,
            },
            good with
            {
                Version = 2,
            },
            good with
            {
                Previous = DocumentWorld.Hex('a'),
            },
            good with
            {
                Version = 2,
                Previous = "A",
            },
            good with
            {
                Format = "anonymised",
            },
            good with
            {
                Lineage = "../l",
            },
            good with
            {
                Lineage = ".l",
            },
            good with
            {
                Persons = ["a", "a"],
            },
            good with
            {
                Persons = [""],
            },
            good with
            {
                Persons = [null!],
            },
            good with
            {
                Sources = [],
            },
            good with
            {
                Sources = [null!],
            },
            good with
            {
                Sources = [good.Sources[0], good.Sources[0]],
            },
            good with
            {
                Sources = [good.Sources[0] with { Decision = new PermitDecision("HDAB", world.Now) }],
            },
            good with
            {
                Sources = [good.Sources[0] with { Decision = new PermitDecision("hdab", 0) }],
            },
            good with
            {
                Sources = [good.Sources[0] with { OptOut = new PermitOptOut(-1, DocumentWorld.Hex('a')) }],
            },
            good with
            {
                Sources = [good.Sources[0] with { OptOut = new PermitOptOut(0, DocumentWorld.Hex('A')) }],
            },
            good with
            {
                Spe = good.Spe with { Key = "x" },
            },
            good with
            {
                Spe = good.Spe with { Sequence = 0 },
            },
            good with
            {
                Spe = good.Spe with { Party = "X" },
            },
            good with
            {
                Conditions = [null!],
            },
        ];
        Assert.All(bad, p => Assert.NotNull(p.Fault()));
        Assert.Null((good with { Version = 2, Previous = DocumentWorld.Hex('a') }).Fault());
    }

    [Theory]
    [InlineData("Stage")]
    [InlineData("1stage")]
    [InlineData("stage ")]
    [InlineData("stage\n")]
    [InlineData("st-age")]
    [InlineData("stæge")]
    [InlineData("")]
    [InlineData("token")]
    [InlineData("pseudonym")]
    [InlineData("a2345678901234567890123456789012345678901")]
    public void A_column_has_a_name_that_every_database_takes(string name) =>
        Assert.NotNull(WithColumns(new PermitColumn(name, "string")).Fault());

    [Fact]
    public void Columns_are_unique_and_typed()
    {
        Assert.NotNull(WithColumns(new PermitColumn("a", "string"), new PermitColumn("a", "integer")).Fault());
        Assert.NotNull(WithColumns(new PermitColumn("a", "text")).Fault());
        Assert.NotNull(WithColumns(new PermitColumn("a", "string", 0)).Fault());
        Assert.NotNull(WithColumns().Fault());
        Assert.NotNull(WithColumns([null!]).Fault());
    }

    [Fact]
    public void A_seal_names_who_it_goes_between()
    {
        var rows = world.SealPayload(SealTypes.Rows);
        var tokens = world.SealPayload(SealTypes.Tokens);
        Seal[] bad =
        [
            rows with
            {
                Part = 0,
            },
            rows with
            {
                Rows = -1,
            },
            rows with
            {
                Length = 0,
            },
            rows with
            {
                Length = Seal.MaximumLength + 1,
            },
            rows with
            {
                Sha256 = rows.Sha256.ToUpperInvariant(),
            },
            rows with
            {
                Order = "o-1",
            },
            rows with
            {
                Recipient = "pseudonymisation",
            },
            rows with
            {
                Sender = "gateway",
            },
            rows with
            {
                Type = "other",
            },
            rows with
            {
                Answers = DocumentWorld.Hex('a'),
            },
            tokens with
            {
                Answers = null,
            },
            tokens with
            {
                Sender = "gateway",
            },
            world.SealPayload(SealTypes.Delivery) with
            {
                Sender = DocumentWorld.Holder,
            },
            world.SealPayload(SealTypes.Identifiers) with
            {
                Recipient = "gateway",
            },
        ];
        Assert.All(bad, s => Assert.NotNull(s.Fault()));
        Assert.All(SealTypes.All, t => Assert.Null(world.SealPayload(t).Fault()));
    }

    [Fact]
    public void Sums_and_parts_of_a_closing_document_agree()
    {
        var good = world.ClosingPayload();
        var part = good.Parts[0];
        Closing[] bad =
        [
            good with
            {
                Rows = 4,
            },
            good with
            {
                Persons = 4,
            },
            good with
            {
                Parts = [part with { Part = 2 }],
            },
            good with
            {
                Parts = [part, part],
                Rows = 6,
            },
            good with
            {
                Parts = [null!],
            },
            good with
            {
                Parts = [part with { Sha256 = "x" }],
            },
            good with
            {
                Parts = [part with { Rows = long.MaxValue }, new ClosingPart(2, long.MaxValue, part.Sha256)],
            },
        ];
        Assert.All(bad, c => Assert.NotNull(c.Fault()));
        Assert.Null((good with { Parts = [], Rows = 0, Persons = 0 }).Fault());
    }

    [Fact]
    public void Sums_and_parts_of_a_manifest_agree()
    {
        var good = world.ManifestPayload();
        Manifest[] bad =
        [
            good with
            {
                Rows = 4,
            },
            good with
            {
                Columns = ["a", "a"],
            },
            good with
            {
                Columns = [],
            },
            good with
            {
                Parts = [good.Parts[0] with { Part = 3 }],
            },
            good with
            {
                Parts = [good.Parts[0] with { Length = 0 }],
            },
            good with
            {
                DeliveryKey = "",
            },
            good with
            {
                SpeKeySequence = 0,
            },
            good with
            {
                Source = "Cancer",
            },
        ];
        Assert.All(bad, m => Assert.NotNull(m.Fault()));
        Assert.Null(good.Fault());
    }

    [Fact]
    public void A_statement_gives_a_use_the_key_that_it_needs()
    {
        var p256 = world.Signer("gateway", KeyUses.Gateway).PublicKey;
        var good = new KeyStatement
        {
            Party = "gateway",
            Use = KeyUses.Gateway,
            Key = p256,
            Sequence = 1,
            From = 1,
            To = 2,
        };
        KeyStatement[] bad =
        [
            good with
            {
                Use = KeyUses.Encryption,
            },
            good with
            {
                Key = PublicJwk.Of(new byte[32]),
            },
            good with
            {
                Key = p256 with { Y = p256.X },
            },
            good with
            {
                Key = p256 with { Crv = "P-384" },
            },
            good with
            {
                Use = "root",
            },
            good with
            {
                Party = "a:b",
            },
            good with
            {
                Sequence = 0,
            },
            good with
            {
                To = 1,
            },
        ];
        Assert.All(bad, s => Assert.NotNull(s.Fault()));
        Assert.Null(good.Fault());
        Assert.Null((good with { Use = KeyUses.Encryption, Key = PublicJwk.Of(new byte[32]) }).Fault());
    }

    [Fact]
    public void Answers_about_permits_are_bound_to_the_question()
    {
        var state = world.PermitStatePayload();
        var entry = state.States[0];
        Assert.Null(state.Fault());
        Assert.NotNull((state with { Nonce = "short" }).Fault());
        Assert.NotNull((state with { Until = state.At - 1 }).Fault());
        Assert.NotNull((state with { States = [entry, entry] }).Fault());
        Assert.NotNull((state with { States = [entry with { State = "maybe" }] }).Fault());
        Assert.NotNull((state with { States = [entry with { Digest = null }] }).Fault());
        Assert.Null((state with { States = [new LineageState("l-9", 0, null, LineageStates.Unknown)] }).Fault());
        Assert.NotNull((world.AccessPayload() with { Version = 0 }).Fault());
        Assert.Null((world.AccessPayload() with { Version = 0, Allowed = false }).Fault());
    }

    [Fact]
    [Trait("Invariant", "3")]
    public void A_release_names_two_different_people_who_said_yes_to_these_files()
    {
        var good = world.ReleasePayload();
        var file = good.Files[0];
        var (first, second) = (good.Votes[0], good.Votes[1]);
        Release[] bad =
        [
            good with
            {
                Votes = [first],
            },
            good with
            {
                Votes = [first, first with { At = first.At - 1 }],
            },
            good with
            {
                Votes = [first, second with { Vote = ReleaseVote.Reject }],
            },
            good with
            {
                Votes = [first, second with { At = good.At + 1 }],
            },
            good with
            {
                Votes = [first, null!],
            },
            good with
            {
                Files = [],
            },
            good with
            {
                Files = [file with { Length = 6 }],
            },
            good with
            {
                Files = [file, file],
                Digest = Release.DigestOf([file, file]),
            },
            good with
            {
                Files = [file with { Name = "../s" }],
                Digest = Release.DigestOf([file with { Name = "../s" }]),
            },
            good with
            {
                Rules = [],
            },
            good with
            {
                Rules = [good.Rules[0], good.Rules[0]],
            },
            good with
            {
                Rules = [new ReleaseRule("identifiers", "found")],
            },
            good with
            {
                Permit = "p-1",
            },
            good with
            {
                Purpose = " ",
            },
        ];
        Assert.All(bad, r => Assert.NotNull(r.Fault()));
        Assert.Null(good.Fault());
    }

    [Fact]
    public void A_release_is_by_the_environment_that_the_permit_pins()
    {
        var good = world.ReleasePayload();
        var permit = world.Permit.Payload;
        var spe = world.Signer(DocumentWorld.SpeParty, KeyUses.Spe);
        Assert.Equal(good.Digest, world.Verifier.VerifyRelease(spe.Sign(good).Text, permit).Payload.Digest);
        Assert.Equal(
            Refusal.WrongParty,
            DocumentWorld.RefusalOf(() =>
                world.Verifier.VerifyRelease(
                    world.Signer(DocumentWorld.Mallory, KeyUses.Spe).Sign(good with { Spe = DocumentWorld.Mallory }).Text,
                    permit
                )
            )
        );
        Assert.Equal(
            Refusal.Unrelated,
            DocumentWorld.RefusalOf(() => world.Verifier.VerifyRelease(spe.Sign(good with { Lineage = "l-2" }).Text, permit))
        );
    }

    [Fact]
    public void Answers_about_environments_are_bound_to_the_question()
    {
        var state = world.SpeStatePayload();
        var entry = state.States[0];
        Assert.Null(state.Fault());
        Assert.NotNull((state with { Nonce = "short" }).Fault());
        Assert.NotNull((state with { Until = state.At - 1 }).Fault());
        Assert.NotNull((state with { States = [entry, entry] }).Fault());
        Assert.NotNull((state with { States = [null!] }).Fault());
        Assert.NotNull((state with { States = [entry with { Status = "perhaps" }] }).Fault());
        Assert.NotNull((state with { States = [entry with { Version = 0 }] }).Fault());
        Assert.Null((state with { States = [new SpeStatus("otherspe", 0, SpeStatuses.Unknown)] }).Fault());
    }

    [Fact]
    public void A_proof_of_deletion_and_a_record_of_shredding_say_of_what()
    {
        var proof = world.DeletionPayload();
        Assert.Null((proof with { Sources = [] }).Fault());
        Assert.NotNull((proof with { Sources = ["cancer", "cancer"] }).Fault());
        Assert.NotNull((proof with { Sources = [null!] }).Fault());
        Assert.NotNull((proof with { Permit = "" }).Fault());
        Assert.NotNull((proof with { Lineage = "../l-1" }).Fault());
        Assert.NotNull((proof with { At = 0 }).Fault());
        var record = world.ShreddingPayload();
        Assert.Null(record.Fault());
        Assert.NotNull((record with { Places = [] }).Fault());
        Assert.NotNull((record with { Places = ["/keys", "/keys"] }).Fault());
        Assert.NotNull((record with { Places = [" "] }).Fault());
    }

    [Fact]
    [Trait("Invariant", "10")]
    public void A_proof_of_deletion_is_of_this_lineage_and_by_the_pinned_key()
    {
        var spe = world.Signer(DocumentWorld.SpeParty, KeyUses.Spe);
        var proof = world.DeletionPayload();
        Assert.Equal(
            proof,
            world.Verifier.VerifyDeletion(spe.Sign(proof).Text, world.PermitPayload()).Payload with
            {
                Sources = proof.Sources,
            }
        );
        Assert.Equal(
            Refusal.Unrelated,
            DocumentWorld.RefusalOf(() =>
                world.Verifier.VerifyDeletion(spe.Sign(proof with { Lineage = "l-2" }).Text, world.PermitPayload())
            )
        );
        var forged = world.Signer(DocumentWorld.Mallory, KeyUses.Spe).Sign(proof with { Spe = DocumentWorld.Mallory });
        Assert.Equal(Refusal.WrongParty, DocumentWorld.RefusalOf(() => world.Verifier.VerifyDeletion(forged.Text, world.PermitPayload())));
        Assert.Equal(
            Refusal.NotPinned,
            DocumentWorld.RefusalOf(() =>
                world.Verifier.VerifyDeletion(
                    spe.Sign(proof).Text,
                    world.PermitPayload() with
                    {
                        Spe = new PermitSpe(DocumentWorld.SpeParty, Base64UrlText.Encode(new byte[32]), 1),
                    }
                )
            )
        );
    }

    [Fact]
    public void Every_kind_survives_being_written_and_read()
    {
        // Verifying reads strictly: a member that is written and not read, or the other way, shows here.
        var permit = world.Signer("permit", KeyUses.Permit);
        Assert.Equal(
            LineageStates.Unknown,
            world
                .Trust.Verify<PermitState>(
                    permit.Sign(world.PermitStatePayload() with { States = [new LineageState("l-9", 0, null, LineageStates.Unknown)] }).Text
                )
                .Payload.States[0]
                .State
        );
        var second = world.PermitPayload() with { Version = 2, Previous = DocumentWorld.Hex('a') };
        Assert.Equal(second.Previous, world.Trust.Verify<PermitDocument>(permit.Sign(second).Text).Payload.Previous);
        Assert.Equal(2, world.Trust.Verify<PermitDocument>(permit.Sign(second).Text).Payload.Sources[0].Columns[0].MaxLength);
    }

    private PermitDocument WithColumns(params PermitColumn[] columns)
    {
        var permit = world.PermitPayload();
        return permit with { Sources = [permit.Sources[0] with { Columns = columns }] };
    }
}
