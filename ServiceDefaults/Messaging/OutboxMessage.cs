using Microsoft.EntityFrameworkCore;

namespace HealthDataNode.ServiceDefaults.Messaging;

/// <summary>A row of <c>messaging.outbox</c>: an event that commits with the change it tells of.</summary>
public sealed class OutboxMessage
{
    public long Id { get; init; }
    public required Guid MessageId { get; init; }
    public required string Contract { get; init; }
    public required string Payload { get; init; }
    public string? TraceParent { get; init; }
    public required DateTimeOffset OccurredAt { get; init; }
    public DateTimeOffset? NotBefore { get; init; }
}

/// <summary>Maps the outbox into a service's own context.</summary>
public static class MessagingModel
{
    /// <summary>Adds <see cref="OutboxMessage"/>; the table is made by ServiceDefaults/Persistence/000-messaging.sql.</summary>
    public static ModelBuilder AddMessaging(this ModelBuilder model)
    {
        model.Entity<OutboxMessage>(entity =>
        {
            entity.ToTable("outbox", "messaging");
            entity.HasKey(message => message.Id);
            entity.Property(message => message.Id).UseIdentityAlwaysColumn();
            entity.Property(message => message.Contract).HasMaxLength(200);
            entity.Property(message => message.TraceParent).HasMaxLength(64);
        });
        return model;
    }
}
