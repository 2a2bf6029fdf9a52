using HealthDataNode.Protocol.Trust;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace HealthDataNode.Gateway.Persistence;

/// <summary>A row of <c>gateway.lineages</c>: <see cref="LineageHead"/> as it is kept.</summary>
public sealed class Lineage
{
    public required string Id { get; init; }
    public required int Version { get; set; }
    public required string Digest { get; set; }
    public required string ApplicantSub { get; init; }
    public required string ApplicantOrg { get; init; }

    /// <summary>The permit JWS of that version.</summary>
    public required string Document { get; set; }

    public LineageHead Head => new(Id, Version, Digest, ApplicantSub, ApplicantOrg);

    public static Lineage Of(LineageHead head, string document) =>
        new()
        {
            Id = head.Lineage,
            Version = head.Version,
            Digest = head.Digest,
            ApplicantSub = head.ApplicantSub,
            ApplicantOrg = head.ApplicantOrg,
            Document = document,
        };
}

internal sealed class LineageConfiguration : IEntityTypeConfiguration<Lineage>
{
    public void Configure(EntityTypeBuilder<Lineage> builder)
    {
        builder.ToTable("lineages");
        builder.HasKey(lineage => lineage.Id);
        builder.Property(lineage => lineage.Id).HasColumnName("lineage");
        builder.Ignore(lineage => lineage.Head);
        builder.Property<uint>("xmin").IsRowVersion();
    }
}
