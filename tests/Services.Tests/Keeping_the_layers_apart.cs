using System.Text.RegularExpressions;

namespace HealthDataNode.Services.Tests;

/// <summary>Rules of the layout that no compiler holds.</summary>
public sealed partial class Keeping_the_layers_apart
{
    [Fact]
    public void Domain_knows_no_database_no_web_and_no_broker() =>
        Assert.DoesNotContain(
            Sources("services").Where(file => file.Contains("/Domain/", StringComparison.Ordinal)),
            Uses(Infrastructure())
        );

    [Fact]
    public void Only_messaging_and_setup_know_the_broker() =>
        Assert.DoesNotContain(
            Sources("services")
                .Concat(Sources("ServiceDefaults").Where(file => !file.Contains("/Messaging/", StringComparison.Ordinal)))
                .Where(file => !file.Contains("/services/Setup/", StringComparison.Ordinal)),
            Uses(Broker())
        );

    // Setup is a program that runs once, not a service.
    [Fact]
    public void Programs_of_services_are_at_most_thirty_lines() =>
        Assert.DoesNotContain(
            Sources("services")
                .Where(file => Path.GetFileName(file) == "Program.cs" && !file.Contains("/Setup/", StringComparison.Ordinal)),
            file => File.ReadLines(file).Count() > 30
        );

    private static IEnumerable<string> Sources(string folder) =>
        Directory
            .EnumerateFiles(Path.Combine(PostgresFixture.Repository, folder), "*.cs", SearchOption.AllDirectories)
            .Where(file => !BuildOutput().IsMatch(file));

    private static Predicate<string> Uses(Regex names) => file => names.IsMatch(File.ReadAllText(file));

    [GeneratedRegex(@"\b(Microsoft\.EntityFrameworkCore|Microsoft\.AspNetCore|Npgsql|RabbitMQ|HealthDataNode\.ServiceDefaults)\b")]
    private static partial Regex Infrastructure();

    [GeneratedRegex(@"\bRabbitMQ\.")]
    private static partial Regex Broker();

    [GeneratedRegex(@"/(bin|obj)/")]
    private static partial Regex BuildOutput();
}
