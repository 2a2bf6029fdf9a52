using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace HealthDataNode.Permit.Persistence;

/// <summary>One event of an application.</summary>
public sealed class EventRow
{
    public required Guid ApplicationId { get; init; }
    public required int Sequence { get; init; }
    public required string Type { get; init; }
    public required string Payload { get; init; }
    public required DateTimeOffset At { get; init; }
    public required string Actor { get; init; }
}

/// <summary>An application as lists and searches need it.</summary>
public sealed class ApplicationRow
{
    public required Guid Id { get; init; }
    public required int Version { get; init; }
    public required Domain.ApplicationState State { get; init; }
    public required string ApplicantSub { get; init; }
    public required string ApplicantOrg { get; init; }
    public string? Title { get; init; }
    public string? Purpose { get; init; }
    public string? LegalBasis { get; init; }
    public required DateTimeOffset DraftedAt { get; init; }
    public DateTimeOffset? SubmittedAt { get; init; }
    public DateTimeOffset? WithdrawnAt { get; init; }

    /// <summary>PostgreSQL's own row version: what makes a lost update impossible.</summary>
    public uint Xmin { get; init; }
}

/// <summary>A case as lists need it, and the decision as it is published.</summary>
public sealed class CaseRow
{
    public required Guid Id { get; init; }
    public required Guid ApplicationId { get; init; }
    public required string Authority { get; init; }
    public required string Profile { get; init; }
    public required Domain.CaseState State { get; init; }
    public required DateTimeOffset OpenedAt { get; init; }
    public string? Preparer { get; init; }
    public Domain.Outcome? Outcome { get; init; }
    public string? Reasons { get; init; }
    public DateTimeOffset? DecidedAt { get; init; }
    public string? DecidedBy { get; init; }
    public DateTimeOffset? PublishedAt { get; init; }
    public required string[] Sources { get; init; }
    public DateTimeOffset? RevokedAt { get; init; }
    public string? RevocationReasons { get; init; }
}

/// <summary>A stay of a case in a state: what the statistics are made of.</summary>
public sealed class StageRow
{
    public required Guid CaseId { get; init; }
    public required int Number { get; init; }
    public required Domain.CaseState Stage { get; init; }
    public required DateTimeOffset FromAt { get; init; }
    public DateTimeOffset? ToAt { get; init; }
}

/// <summary>An approval that an application needs, and its outcome once there is one.</summary>
public sealed class ApprovalRow
{
    public required Guid ApplicationId { get; init; }
    public required string Kind { get; init; }
    public required string Authority { get; init; }
    public required DateTimeOffset RequiredAt { get; init; }
    public Domain.Outcome? Outcome { get; init; }
    public string? Reasons { get; init; }
    public DateTimeOffset? DecidedAt { get; init; }
    public string? DecidedBy { get; init; }
    public DateTimeOffset? RevokedAt { get; init; }
    public string? RevocationReasons { get; init; }
    public DateTimeOffset? WithdrawnAt { get; init; }
}

/// <summary>A statutory clock.</summary>
public sealed class ClockRow
{
    public required Guid CaseId { get; init; }
    public required int Number { get; init; }
    public required string Rule { get; init; }
    public required DateTimeOffset StartedAt { get; init; }
    public DateTimeOffset? ExtendedAt { get; init; }
    public string? ExtensionReasons { get; init; }
    public DateTimeOffset? DueAt { get; init; }
    public DateTimeOffset? EndedAt { get; init; }
}

/// <summary>A time in which a clock stood still.</summary>
public sealed class SuspensionRow
{
    public required Guid CaseId { get; init; }
    public required int Clock { get; init; }
    public required int Number { get; init; }
    public required DateTimeOffset FromAt { get; init; }
    public DateTimeOffset? ToAt { get; init; }
    public required string Reason { get; init; }
}

/// <summary>A version of a permit.</summary>
public sealed class PermitRow
{
    public required string Lineage { get; init; }
    public required int Version { get; init; }
    public required Guid ApplicationId { get; init; }
    public required string[] Authorities { get; init; }
    public required string Digest { get; init; }
    public required string Document { get; init; }
    public required DateTimeOffset IssuedAt { get; init; }
    public required DateTimeOffset FromAt { get; init; }
    public required DateTimeOffset ToAt { get; init; }
    public required string Title { get; init; }
    public required string Org { get; init; }
    public required string Purpose { get; init; }
    public required string LegalBasis { get; init; }
    public required string Spe { get; init; }
    public required string[] Sources { get; init; }
    public required string[] Holders { get; init; }
    public required string[] Persons { get; init; }
    public DateTimeOffset? RevokedAt { get; init; }
    public DateTimeOffset? DeletedAt { get; init; }
    public DateTimeOffset? ShreddedAt { get; init; }
    public long? FeeEstimate { get; init; }
    public string? FeeCurrency { get; init; }
    public string? FeeRules { get; init; }
}

/// <summary>What left a room, as its environment signed it.</summary>
public sealed class ReleaseRow
{
    public required string Digest { get; init; }
    public required string Lineage { get; init; }
    public required string Request { get; init; }
    public required string Document { get; init; }
    public required DateTimeOffset ReleasedAt { get; init; }
}

internal sealed class EventMapping : IEntityTypeConfiguration<EventRow>
{
    public void Configure(EntityTypeBuilder<EventRow> builder)
    {
        builder.ToTable("application_events").HasKey(row => new { row.ApplicationId, row.Sequence });
        builder.Property(row => row.Type).HasMaxLength(50);
        builder.Property(row => row.Actor).HasMaxLength(100);
    }
}

internal sealed class ApplicationMapping : IEntityTypeConfiguration<ApplicationRow>
{
    public void Configure(EntityTypeBuilder<ApplicationRow> builder)
    {
        builder.ToTable("applications").HasKey(row => row.Id);
        builder.Property(row => row.Id).ValueGeneratedNever();
        builder.Property(row => row.State).HasConversion(new KebabCase<Domain.ApplicationState>()).HasMaxLength(50);
        builder.Property(row => row.ApplicantSub).HasMaxLength(100);
        builder.Property(row => row.ApplicantOrg).HasMaxLength(20);
        builder.Property(row => row.Title).HasMaxLength(4000);
        builder.Property(row => row.Purpose).HasMaxLength(200);
        builder.Property(row => row.LegalBasis).HasMaxLength(200);
        builder.Property(row => row.Xmin).IsRowVersion();
    }
}

internal sealed class CaseMapping : IEntityTypeConfiguration<CaseRow>
{
    public void Configure(EntityTypeBuilder<CaseRow> builder)
    {
        builder.ToTable("cases").HasKey(row => row.Id);
        builder.Property(row => row.Id).ValueGeneratedNever();
        builder.HasOne<ApplicationRow>().WithMany().HasForeignKey(row => row.ApplicationId);
        builder.Property(row => row.State).HasConversion(new KebabCase<Domain.CaseState>()).HasMaxLength(50);
        builder.Property(row => row.Outcome).HasConversion(new KebabCase<Domain.Outcome>()).HasMaxLength(20);
        builder.Property(row => row.Authority).HasMaxLength(50);
        builder.Property(row => row.Profile).HasMaxLength(50);
        builder.Property(row => row.Preparer).HasMaxLength(100);
        builder.Property(row => row.DecidedBy).HasMaxLength(100);
    }
}

internal sealed class ClockMapping : IEntityTypeConfiguration<ClockRow>
{
    public void Configure(EntityTypeBuilder<ClockRow> builder)
    {
        builder.ToTable("clocks").HasKey(row => new { row.CaseId, row.Number });
        builder.HasOne<CaseRow>().WithMany().HasForeignKey(row => row.CaseId);
        builder.Property(row => row.Rule).HasMaxLength(20);
    }
}

internal sealed class SuspensionMapping : IEntityTypeConfiguration<SuspensionRow>
{
    public void Configure(EntityTypeBuilder<SuspensionRow> builder)
    {
        builder
            .ToTable("clock_suspensions")
            .HasKey(row => new
            {
                row.CaseId,
                row.Clock,
                row.Number,
            });
        builder.HasOne<ClockRow>().WithMany().HasForeignKey(row => new { row.CaseId, row.Clock });
        builder.Property(row => row.Reason).HasMaxLength(100);
    }
}

internal sealed class StageMapping : IEntityTypeConfiguration<StageRow>
{
    public void Configure(EntityTypeBuilder<StageRow> builder)
    {
        builder.ToTable("case_stages").HasKey(row => new { row.CaseId, row.Number });
        builder.HasOne<CaseRow>().WithMany().HasForeignKey(row => row.CaseId);
        builder.Property(row => row.Stage).HasConversion(new KebabCase<Domain.CaseState>()).HasMaxLength(50);
    }
}

internal sealed class ApprovalMapping : IEntityTypeConfiguration<ApprovalRow>
{
    public void Configure(EntityTypeBuilder<ApprovalRow> builder)
    {
        builder.ToTable("approvals").HasKey(row => new { row.ApplicationId, row.Kind });
        builder.HasOne<ApplicationRow>().WithMany().HasForeignKey(row => row.ApplicationId);
        builder.Property(row => row.Kind).HasMaxLength(50);
        builder.Property(row => row.Authority).HasMaxLength(50);
        builder.Property(row => row.Outcome).HasConversion(new KebabCase<Domain.Outcome>()).HasMaxLength(20);
        builder.Property(row => row.DecidedBy).HasMaxLength(100);
    }
}

internal sealed class ReleaseMapping : IEntityTypeConfiguration<ReleaseRow>
{
    public void Configure(EntityTypeBuilder<ReleaseRow> builder)
    {
        builder.ToTable("releases").HasKey(row => row.Digest);
        builder.Property(row => row.Digest).HasMaxLength(64).IsFixedLength();
        builder.Property(row => row.Lineage).HasMaxLength(40);
        builder.Property(row => row.Request).HasMaxLength(64);
    }
}

internal sealed class PermitMapping : IEntityTypeConfiguration<PermitRow>
{
    public void Configure(EntityTypeBuilder<PermitRow> builder)
    {
        builder.ToTable("permits").HasKey(row => new { row.Lineage, row.Version });
        builder.HasOne<ApplicationRow>().WithMany().HasForeignKey(row => row.ApplicationId);
        builder.Property(row => row.Lineage).HasMaxLength(40);
        builder.Property(row => row.Digest).HasMaxLength(64).IsFixedLength();
        builder.Property(row => row.Title).HasMaxLength(4000);
        builder.Property(row => row.Org).HasMaxLength(20);
        builder.Property(row => row.Purpose).HasMaxLength(200);
        builder.Property(row => row.LegalBasis).HasMaxLength(200);
        builder.Property(row => row.Spe).HasMaxLength(40);
        builder.Property(row => row.FeeCurrency).HasMaxLength(3).IsFixedLength();
        builder.Property(row => row.FeeRules).HasMaxLength(40);
    }
}

/// <summary>Enums as the text that the API shows too.</summary>
internal sealed class KebabCase<T>()
    : ValueConverter<T, string>(
        value => JsonNamingPolicy.KebabCaseLower.ConvertName(value.ToString()),
        text => Enum.Parse<T>(text.Replace("-", ""), true)
    )
    where T : struct, Enum;
