namespace HealthDataNode.Audit;

/// <summary>Settings of the audit log.</summary>
/// <param name="Directory"><c>Data:Directory</c>: where the signed heads lie.</param>
/// <param name="HeadInterval"><c>Audit:HeadInterval</c>: a head is at most this old. Default one second.</param>
/// <param name="GapGrace"><c>Audit:GapGrace</c>: for how long an event may be overtaken. Default ten seconds.</param>
public sealed record AuditOptions(string Directory, TimeSpan HeadInterval, TimeSpan GapGrace)
{
    /// <summary>Reads the settings.</summary>
    public static AuditOptions From(IConfiguration configuration) =>
        new(
            configuration["Data:Directory"] ?? throw new InvalidOperationException("Data__Directory is not set."),
            configuration.GetValue("Audit:HeadInterval", TimeSpan.FromSeconds(1)),
            configuration.GetValue("Audit:GapGrace", TimeSpan.FromSeconds(10))
        );
}
