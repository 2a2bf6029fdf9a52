using HealthDataNode.Permit.Domain;
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

    /// <summary>Days by authority and stage, summed up where they lie: the answer is as long as there are stages.</summary>
    internal Task<List<StageDays>> StageDaysAsync(CancellationToken cancellationToken) =>
        Database
            .SqlQuery<StageDays>(
                $"""
                SELECT authority, stage, count(days)::int AS ended, (count(*) - count(days))::int AS open,
                       trim_scale(round(coalesce(sum(days), 0), 4)) AS days, trim_scale(round(avg(days), 4)) AS mean,
                       trim_scale(round((percentile_cont(0.5) WITHIN GROUP (ORDER BY days))::numeric, 4)) AS median,
                       trim_scale(round(max(days), 4)) AS longest
                FROM (
                    SELECT handled.authority, stay.stage, extract(epoch FROM stay.to_at - stay.from_at) / 86400 AS days
                    FROM permit.case_stages stay JOIN permit.cases handled ON handled.id = stay.case_id
                    UNION ALL
                    SELECT authority, kind, extract(epoch FROM coalesce(decided_at, withdrawn_at) - required_at) / 86400
                    FROM permit.approvals
                ) AS stays
                GROUP BY authority, stage
                """
            )
            .ToListAsync(cancellationToken);

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.HasDefaultSchema("permit");
        modelBuilder.AddMessaging();
        modelBuilder.ApplyConfigurationsFromAssembly(typeof(PermitDb).Assembly);
    }
}
