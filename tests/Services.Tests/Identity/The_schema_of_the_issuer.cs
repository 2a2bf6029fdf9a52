using HealthDataNode.DevelopmentIssuer;
using HealthDataNode.DevelopmentIssuer.Persistence;
using Microsoft.EntityFrameworkCore;

namespace HealthDataNode.Services.Tests.Identity;

public sealed class The_schema_of_the_issuer
{
    [Fact]
    public async Task Is_the_one_that_the_model_needs()
    {
        var options = new DbContextOptionsBuilder<IssuerDbContext>();
        Issuer.Configure(options, "Host=nowhere");
        await using var context = new IssuerDbContext(options.Options);
        var script = await File.ReadAllTextAsync(
            Path.Combine(PostgresFixture.Repository, "services/DevelopmentIssuer/Persistence/001-openiddict.sql"),
            TestContext.Current.CancellationToken
        );
        Assert.Contains(Normal(context.Database.GenerateCreateScript()), Normal(script), StringComparison.Ordinal);
    }

    private static string Normal(string sql) => sql.ReplaceLineEndings("\n").Trim();
}
