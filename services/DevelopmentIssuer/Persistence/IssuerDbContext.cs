using Microsoft.EntityFrameworkCore;
using OpenIddict.EntityFrameworkCore.Models;

namespace HealthDataNode.DevelopmentIssuer.Persistence;

/// <summary>OpenIddict's own tables, the sessions of people, and the client assertions that were used.</summary>
internal sealed class IssuerDbContext(DbContextOptions<IssuerDbContext> options) : DbContext(options)
{
    public DbSet<Session> Sessions => Set<Session>();

    public DbSet<SessionAuthorization> SessionAuthorizations => Set<SessionAuthorization>();

    public DbSet<UsedAssertion> UsedAssertions => Set<UsedAssertion>();

    protected override void OnModelCreating(ModelBuilder model)
    {
        model.HasDefaultSchema("issuer");
        model.UseOpenIddict();
        model.Entity<OpenIddictEntityFrameworkCoreApplication>().ToTable("applications");
        model.Entity<OpenIddictEntityFrameworkCoreAuthorization>().ToTable("authorizations");
        model.Entity<OpenIddictEntityFrameworkCoreScope>().ToTable("scopes");
        model.Entity<OpenIddictEntityFrameworkCoreToken>().ToTable("tokens");
        model.Entity<Session>(session =>
        {
            session.HasKey(row => row.Id);
            session.Property(row => row.Subject).HasMaxLength(64);
        });
        model.Entity<SessionAuthorization>(link =>
        {
            link.HasKey(row => new { row.SessionId, row.AuthorizationId });
            link.Property(row => row.AuthorizationId).HasMaxLength(64);
            link.HasOne<Session>().WithMany().HasForeignKey(row => row.SessionId).OnDelete(DeleteBehavior.Cascade);
        });
        model.Entity<UsedAssertion>(assertion =>
        {
            assertion.HasKey(row => new { row.ClientId, row.Jti });
            assertion.Property(row => row.ClientId).HasMaxLength(100);
            assertion.Property(row => row.Jti).HasMaxLength(UsedAssertion.JtiLength);
            assertion.HasIndex(row => row.ExpiresAt);
        });
    }
}

/// <summary>One sign-in of a person through the form. Its cookie and its tokens name it as <c>sid</c>.</summary>
internal sealed class Session
{
    public required Guid Id { get; init; }
    public required string Subject { get; init; }
    public required DateTimeOffset StartedAt { get; init; }
    public DateTimeOffset? EndedAt { get; set; }
}

/// <summary>Which grants were given under a session, so that its end can take them back.</summary>
internal sealed class SessionAuthorization
{
    public required Guid SessionId { get; init; }
    public required string AuthorizationId { get; init; }
}

/// <summary>A client assertion that was accepted; kept for longer than it is valid.</summary>
internal sealed class UsedAssertion
{
    public const int JtiLength = 128;

    public required string ClientId { get; init; }
    public required string Jti { get; init; }
    public required DateTimeOffset ExpiresAt { get; init; }
}
