using HealthDataNode.Gateway.Domain;
using HealthDataNode.ServiceDefaults.Messaging;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace HealthDataNode.Gateway.Persistence;

/// <summary>The tables of <c>001-orders.sql</c>; Setup applies the script, nothing here changes the schema.</summary>
public sealed class GatewayDb(DbContextOptions<GatewayDb> options) : DbContext(options)
{
    public DbSet<Order> Orders => Set<Order>();
    public DbSet<Lineage> Lineages => Set<Lineage>();
    public DbSet<ReceivedPart> Parts => Set<ReceivedPart>();
    public DbSet<DeliveryPart> DeliveryParts => Set<DeliveryPart>();

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.HasDefaultSchema("gateway");
        modelBuilder.AddMessaging();
        modelBuilder.ApplyConfigurationsFromAssembly(typeof(GatewayDb).Assembly);
    }
}

internal sealed class OrderConfiguration : IEntityTypeConfiguration<Order>
{
    public void Configure(EntityTypeBuilder<Order> builder)
    {
        builder.ToTable("orders");
        builder.HasKey(order => order.Id);
        builder.Property(order => order.Id).HasMaxLength(64);
        builder.Property(order => order.Lineage).HasMaxLength(64);
        builder.Property(order => order.Source).HasMaxLength(40);
        builder.Property(order => order.Holder).HasMaxLength(40);
        builder.Property(order => order.Authority).HasMaxLength(40);
        builder.Property(order => order.Spe).HasMaxLength(40);
        builder.Property(order => order.TraceParent).HasMaxLength(64);
        builder.Property(order => order.RejectionCode).HasMaxLength(40);
        builder.Property(order => order.RejectionColumn).HasMaxLength(40);
        builder
            .Property(order => order.State)
            .HasMaxLength(20)
            .HasConversion(state => state.Text(), text => Enum.Parse<OrderState>(text, true));
        builder.Ignore(order => order.Rejection).Ignore(order => order.IsOpenForParts).Ignore(order => order.HasEnded);
        builder.Property<uint>("xmin").IsRowVersion();
    }
}

internal sealed class ReceivedPartConfiguration : IEntityTypeConfiguration<ReceivedPart>
{
    public void Configure(EntityTypeBuilder<ReceivedPart> builder)
    {
        builder.ToTable("parts");
        builder.HasKey(part => new { part.OrderId, part.Part });
        builder.HasOne<Order>().WithMany().HasForeignKey(part => part.OrderId);
    }
}

internal sealed class DeliveryPartConfiguration : IEntityTypeConfiguration<DeliveryPart>
{
    public void Configure(EntityTypeBuilder<DeliveryPart> builder)
    {
        builder.ToTable("delivery_parts");
        builder.HasKey(part => new { part.OrderId, part.Part });
        builder.HasOne<Order>().WithMany().HasForeignKey(part => part.OrderId);
    }
}
