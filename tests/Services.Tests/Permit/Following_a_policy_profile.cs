using HealthDataNode.Permit.Domain;
using HealthDataNode.Permit.Domain.Policy;
using Microsoft.Extensions.DependencyInjection;

namespace HealthDataNode.Services.Tests.Permit;

public sealed class Following_a_policy_profile(PostgresFixture postgres)
{
    private static readonly DateTimeOffset Now = PermitWorld.Start;

    [Theory]
    [InlineData("EHDS-2029", "declared", false)]
    [InlineData("EHDS-2029", "approved", true)]
    [InlineData("NO-2023", "declared", true)]
    [InlineData("NO-2023", "suspended", false)]
    [Trait("Requirement", "NOR-01")]
    [Trait("Invariant", "12")]
    public void Makes_the_criteria_of_environments_a_gate_or_advice(string profile, string status, bool allowed)
    {
        var environment = new EnvironmentFacts("referencespe", status, Now.AddDays(1), new PinnedKey("thumbprint", 1), IsKeyStated: true);
        Assert.Equal(allowed, environment.WhyNot(PolicyProfile.Named(profile), Now) is null);
    }

    [Theory]
    [InlineData("EHDS-2029")]
    [InlineData("NO-2023")]
    public void Never_lets_a_key_pass_that_the_root_has_not_stated(string profile)
    {
        var environment = new EnvironmentFacts(
            "referencespe",
            "approved",
            Now.AddDays(1),
            new PinnedKey("thumbprint", 1),
            IsKeyStated: false
        );
        Assert.NotNull(environment.WhyNot(PolicyProfile.Named(profile), Now));
    }

    [Theory]
    [InlineData("EHDS-2029", 10)]
    [InlineData("NO-2023", 5)]
    [Trait("Article", "EHDS 73(2)")]
    public async Task Puts_the_smallest_cell_that_may_leave_into_the_permit(string profile, int smallest)
    {
        await using var world = await PermitWorld.StartAsync(
            postgres,
            builder => builder.Services.AddSingleton(PolicyProfile.Named(profile))
        );
        Assert.Equal(smallest, (await world.PermitAsync(await world.GrantAsync())).Payload.SmallestCell);
    }

    [Fact]
    public void Is_one_of_those_that_this_build_has()
    {
        Assert.All(PolicyProfile.Names, name => Assert.Equal(name, PolicyProfile.Named(name).Name));
        Assert.Throws<ArgumentException>(() => PolicyProfile.Named("../appsettings"));
    }
}
