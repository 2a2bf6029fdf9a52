using HealthDataNode.ServiceDefaults.Messaging;
using Microsoft.EntityFrameworkCore;

namespace HealthDataNode.Permit.Persistence;

/// <summary>The service's own database. The schema is made by the numbered scripts beside this file; EF never migrates.</summary>
public sealed class PermitDb(DbContextOptions<PermitDb> options) : DbContext(options)
{
    public DbSet<EventRow> Events => Set<EventRow>();

    public DbSet<ApplicationRow> Applications => Set<ApplicationRow>();

    public DbSet<CaseRow> Cases => Set<CaseRow>();

    public DbSet<ClockRow> Clocks => Set<ClockRow>();

    public DbSet<SuspensionRow> Suspensions => Set<SuspensionRow>();

    public DbSet<StageRow> Stages => Set<StageRow>();

    public DbSet<ApprovalRow> Approvals => Set<ApprovalRow>();

    public DbSet<ReleaseRow> Releases => Set<ReleaseRow>();

    public DbSet<PermitRow> Permits => Set<PermitRow>();

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.HasDefaultSchema("permit");
        modelBuilder.AddMessaging();
        modelBuilder.ApplyConfigurationsFromAssembly(typeof(PermitDb).Assembly);
    }
}
