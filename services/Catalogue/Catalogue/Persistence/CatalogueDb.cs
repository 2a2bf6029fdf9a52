using HealthDataNode.ServiceDefaults.Messaging;
using Microsoft.EntityFrameworkCore;

namespace HealthDataNode.Catalogue.Persistence;

/// <summary>The catalogue's database.</summary>
public sealed class CatalogueDb(DbContextOptions<CatalogueDb> options) : DbContext(options)
{
    /// <summary>Every version of every description.</summary>
    public DbSet<StoredDescription> Descriptions => Set<StoredDescription>();

    /// <summary>The newest version of each source.</summary>
    public IQueryable<StoredDescription> Current =>
        Descriptions.AsNoTracking().Where(d => !Descriptions.Any(later => later.Source == d.Source && later.Version > d.Version));

    /// <inheritdoc />
    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.AddMessaging();
        modelBuilder.Entity<StoredDescription>(description =>
        {
            description.ToTable("descriptions", "catalogue");
            description.HasKey(d => new { d.Source, d.Version });
            description.Property(d => d.Source).HasMaxLength(40);
            description.Property(d => d.Holder).HasMaxLength(40);
            description.Property(d => d.HolderOrg).HasMaxLength(9).IsFixedLength();
            description.Property(d => d.PublishedBy).HasMaxLength(100);
        });
    }
}
