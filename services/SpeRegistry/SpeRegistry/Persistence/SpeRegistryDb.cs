using HealthDataNode.ServiceDefaults.Messaging;
using HealthDataNode.SpeRegistry.Domain;
using Microsoft.EntityFrameworkCore;

namespace HealthDataNode.SpeRegistry.Persistence;

/// <summary>The registry's database.</summary>
public sealed class SpeRegistryDb(DbContextOptions<SpeRegistryDb> options) : DbContext(options)
{
    /// <summary>The SPEs.</summary>
    public DbSet<SpeEnvironment> Environments => Set<SpeEnvironment>();

    /// <summary>Their declarations.</summary>
    public DbSet<Declaration> Declarations => Set<Declaration>();

    /// <summary>What auditors decided.</summary>
    public DbSet<Ruling> Rulings => Set<Ruling>();

    /// <summary>An SPE's newest declaration, or null.</summary>
    public Task<Declaration?> NewestDeclarationAsync(string party, CancellationToken cancellationToken) =>
        Declarations.AsNoTracking().Where(d => d.Party == party).OrderByDescending(d => d.Number).FirstOrDefaultAsync(cancellationToken);

    /// <summary>An SPE's newest ruling, or null.</summary>
    public Task<Ruling?> NewestRulingAsync(string party, CancellationToken cancellationToken) =>
        Rulings.AsNoTracking().Where(r => r.Party == party).OrderByDescending(r => r.Number).FirstOrDefaultAsync(cancellationToken);

    /// <inheritdoc />
    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.AddMessaging();
        modelBuilder.Entity<SpeEnvironment>(environment =>
        {
            environment.ToTable("environments", "speregistry");
            environment.HasKey(e => e.Party);
            environment.Property(e => e.Party).HasMaxLength(40);
            environment.Property(e => e.Version).IsConcurrencyToken();
            environment.Property(e => e.Name).HasMaxLength(200);
            environment.Property(e => e.Org).HasMaxLength(9).IsFixedLength();
            environment.Property(e => e.IngressUrl).HasMaxLength(500);
            environment.Property(e => e.DoorUrl).HasMaxLength(500);
        });
        modelBuilder.Entity<Declaration>(declaration =>
        {
            declaration.ToTable("declarations", "speregistry");
            declaration.HasKey(d => new { d.Party, d.Number });
            declaration.Property(d => d.Party).HasMaxLength(40);
            declaration.Property(d => d.CriteriaVersion).HasMaxLength(20);
            declaration.Property(d => d.DeclaredBy).HasMaxLength(100);
        });
        modelBuilder.Entity<Ruling>(ruling =>
        {
            ruling.ToTable("rulings", "speregistry");
            ruling.HasKey(r => new { r.Party, r.Number });
            ruling.Property(r => r.Party).HasMaxLength(40);
            ruling
                .Property(r => r.Kind)
                .HasMaxLength(20)
                .HasConversion(k => k.ToString().ToLowerInvariant(), k => Enum.Parse<RulingKind>(k, true));
            ruling.Property(r => r.Reasons).HasMaxLength(4000);
            ruling.Property(r => r.RuledBy).HasMaxLength(100);
            ruling.Property(r => r.RuledByOrg).HasMaxLength(9).IsFixedLength();
        });
    }
}
