using HealthDataNode.Audit.Domain;
using HealthDataNode.ServiceDefaults.Messaging;
using Microsoft.EntityFrameworkCore;

namespace HealthDataNode.Audit.Persistence;

/// <summary>The audit database.</summary>
public sealed class AuditDb(DbContextOptions<AuditDb> options) : DbContext(options)
{
    /// <summary>The chain.</summary>
    public DbSet<Entry> Entries => Set<Entry>();

    /// <inheritdoc />
    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.AddMessaging();
        modelBuilder.Entity<Entry>(entry =>
        {
            entry.ToTable("entries", "audit");
            entry.HasKey(e => e.Sequence);
            entry.Property(e => e.Sequence).ValueGeneratedNever();
            entry.Property(e => e.Publisher).HasMaxLength(100);
            entry.Property(e => e.Contract).HasMaxLength(200);
        });
    }
}
