using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Trust;
using HealthDataNode.ServiceDefaults.Messaging;
using Microsoft.EntityFrameworkCore;

namespace HealthDataNode.Pseudonymisation.Persistence;

/// <summary>What the trust centre remembers: no identifier, no row, no key.</summary>
public sealed class PseudonymisationDb(DbContextOptions<PseudonymisationDb> options) : DbContext(options)
{
    public DbSet<Lineage> Lineages => Set<Lineage>();
    public DbSet<Order> Orders => Set<Order>();
    public DbSet<IdentifierPart> Parts => Set<IdentifierPart>();
    public DbSet<RekeyBatch> Rekeys => Set<RekeyBatch>();
    public DbSet<Declaration> Declarations => Set<Declaration>();
    public DbSet<OptOutList> OptOutLists => Set<OptOutList>();
    public DbSet<PopulationBatch> PopulationBatches => Set<PopulationBatch>();
    public DbSet<PopulationChange> PopulationChanges => Set<PopulationChange>();
    public DbSet<AliasFile> Aliases => Set<AliasFile>();

    /// <summary>The order, locked until the transaction ends: one call at a time works on an order.</summary>
    public Task<Order?> LockOrderAsync(string digest, CancellationToken cancellationToken) =>
        Orders.FromSql($"SELECT * FROM pseudonymisation.orders WHERE digest = {digest} FOR UPDATE").SingleOrDefaultAsync(cancellationToken);

    /// <summary>
    /// Lineages begin and end one after another, until the transaction ends: orders of one permit come at the same
    /// moment, and a key that is being shredded must not be made again beside it.
    /// </summary>
    public Task LockLineagesAsync(CancellationToken cancellationToken) =>
        Database.ExecuteSqlAsync($"SELECT pg_advisory_xact_lock(71, 66)", cancellationToken);

    /// <summary>Declarations and lists are made one after another, until the transaction ends: a list is final.</summary>
    public Task LockDeclarationsAsync(CancellationToken cancellationToken) =>
        Database.ExecuteSqlAsync($"SELECT pg_advisory_xact_lock(71, 3)", cancellationToken);

    /// <summary>Batches of the population register are taken one after another.</summary>
    public Task LockPopulationAsync(CancellationToken cancellationToken) =>
        Database.ExecuteSqlAsync($"SELECT pg_advisory_xact_lock(71, 42)", cancellationToken);

    /// <summary>The number of the population register's last change; 0 where there is none.</summary>
    public async Task<long> LastChangeAsync(CancellationToken cancellationToken) =>
        await PopulationBatches.MaxAsync(batch => (long?)batch.LastChange, cancellationToken) ?? 0;

    /// <summary>Every identifier of one person by the newest identity history, that one included.</summary>
    public Task<List<byte[]>> IdentifiersOfAsync(byte[] person, CancellationToken cancellationToken) =>
        Database
            .SqlQuery<byte[]>(
                $"""
                WITH RECURSIVE identity(person) AS (
                    SELECT {person}
                    UNION
                    SELECT CASE WHEN change.person = identity.person THEN change.other ELSE change.person END
                    FROM identity JOIN pseudonymisation.population_changes change
                        ON change.kind = 'N' AND (change.person = identity.person OR change.other = identity.person)
                )
                SELECT person AS "Value" FROM identity
                """
            )
            .ToListAsync(cancellationToken);

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.HasDefaultSchema("pseudonymisation");
        modelBuilder.Entity<Lineage>().ToTable("lineages").HasKey(lineage => lineage.Id);
        modelBuilder.Entity<Lineage>().Property(lineage => lineage.Id).HasColumnName("lineage");
        modelBuilder.Entity<Order>().ToTable("orders").HasKey(order => order.Digest);
        modelBuilder.Entity<Order>().Property(order => order.Lineage).HasColumnName("lineage");
        modelBuilder.Entity<IdentifierPart>().ToTable("parts").HasKey(part => new { part.OrderDigest, part.Part });
        modelBuilder.Entity<RekeyBatch>().ToTable("rekeys").HasKey(batch => new { batch.OrderDigest, batch.Batch });
        modelBuilder.Entity<Declaration>().ToTable("opt_out_declarations").HasKey(declaration => declaration.Number);
        modelBuilder.Entity<Declaration>().Property(declaration => declaration.Number).ValueGeneratedNever();
        modelBuilder.Entity<OptOutList>().ToTable("opt_out_lists").HasKey(list => list.Decision);
        modelBuilder.Entity<PopulationBatch>().ToTable("population_batches").HasKey(batch => batch.Batch);
        modelBuilder.Entity<PopulationBatch>().Property(batch => batch.Batch).ValueGeneratedNever();
        modelBuilder.Entity<PopulationChange>().ToTable("population_changes").HasKey(change => change.Number);
        modelBuilder.Entity<PopulationChange>().Property(change => change.Number).ValueGeneratedNever();
        modelBuilder.Entity<AliasFile>().ToTable("aliases").HasKey(file => new { file.Lineage, file.Number });
        modelBuilder.AddMessaging();
    }
}

/// <summary>The newest version seen of a lineage.</summary>
public sealed class Lineage
{
    public required string Id { get; init; }
    public required int Version { get; set; }
    public required string Digest { get; set; }
    public required string ApplicantSub { get; init; }
    public required string ApplicantOrg { get; init; }
    public DateTimeOffset? ShreddedAt { get; set; }

    /// <summary>The signed record of the shredding: there when the key is gone at every place. Between the two, it gets
    /// no key again and the deletion is under way.</summary>
    public string? ShredRecord { get; set; }

    /// <summary>When Permit's signed answer first said here that the permit is revoked.</summary>
    public DateTimeOffset? RevokedAt { get; set; }

    /// <summary>When the newest version met here ends by its own words.</summary>
    public DateTimeOffset? EndsAt { get; set; }

    /// <summary>When its key was first found to outlive six months after the end (EHDS 68(12)): the alarm is raised once.</summary>
    public DateTimeOffset? OverdueAt { get; set; }

    /// <summary>When the SPE was first given a delivery key; until then there is nothing that it could delete.</summary>
    public DateTimeOffset? DeliveryKeyAt { get; set; }

    /// <summary>The SPE's proof that it has deleted everything.</summary>
    public string? DeletionProof { get; set; }

    /// <summary>The last change of the identity history that its pseudonyms follow: as it was at its first order.</summary>
    public long HistoryThrough { get; init; }

    /// <summary>The last change that its aliases cover.</summary>
    public long AliasThrough { get; set; }

    public LineageHead Head => new(Id, Version, Digest, ApplicantSub, ApplicantOrg);
}

/// <summary>An order as Pseudonymisation knows it.</summary>
public sealed class Order
{
    public required string Digest { get; init; }
    public required string Lineage { get; init; }
    public required string Source { get; init; }
    public required string Holder { get; init; }
    public required string OrderText { get; init; }
    public required string PermitText { get; init; }
    public required int PermitVersion { get; init; }

    /// <summary>Records over all parts.</summary>
    public required long Budget { get; init; }

    /// <summary>When more was first asked for, which raised the alarm.</summary>
    public DateTimeOffset? BudgetExceededAt { get; set; }

    /// <summary><c>open</c>, <c>closing</c> (the holder is done: re-keying may begin) or <c>closed</c>.</summary>
    public required string State { get; set; }

    /// <summary>Number of the opt-out list that the permit names for the source.</summary>
    public required long OptOutList { get; init; }

    /// <summary>The population register's last change at the order's first part: codes stay as they were.</summary>
    public long? PopulationThrough { get; set; }

    public string? ClosingText { get; set; }
    public string? Outcome { get; set; }

    /// <summary>Whether the tokens issued are the tokens re-keyed; null until the delivery key is asked for.</summary>
    public bool? TokensAgree { get; set; }
    public required DateTimeOffset RegisteredAt { get; init; }

    /// <summary>Nothing more is answered for it.</summary>
    public void Close(string outcome) => (State, Outcome) = ("closed", outcome);

    /// <summary>The permit as it was verified when the order was registered. Read, not verified again: Permit's key of
    /// that day may have ended since, and what it signed stands.</summary>
    public PermitDocument ReadPermit() => KeptDocument.Read<PermitDocument>(PermitText).Payload;
}

/// <summary>A part of identifiers that was answered.</summary>
public sealed class IdentifierPart
{
    public required string OrderDigest { get; init; }
    public required int Part { get; init; }
    public required string SealDigest { get; init; }
    public required string Sha256 { get; init; }
    public required long Records { get; init; }
    public required long Issued { get; init; }
    public required long Withheld { get; init; }
    public required long Invalid { get; init; }
    public required string TokenSum { get; init; }

    /// <summary>The part's last record, as <see cref="Domain.Bookmark"/> keeps it.</summary>
    public required byte[] LastRecord { get; init; }
}

/// <summary>A batch of tokens that was re-keyed.</summary>
public sealed class RekeyBatch
{
    public required string OrderDigest { get; init; }
    public required int Batch { get; init; }
    public required string Sha256 { get; init; }
    public required long Records { get; init; }
    public required string TokenSum { get; init; }

    /// <summary>The batch's last token, as <see cref="Domain.Bookmark"/> keeps it.</summary>
    public required byte[] LastToken { get; init; }
}
