using System.Text.Json;
using HealthDataNode.Audit.Features;
using HealthDataNode.Audit.Persistence;
using HealthDataNode.Protocol.Trust;
using HealthDataNode.ServiceDefaults;

namespace HealthDataNode.Audit;

/// <summary>
/// <c>Audit verify</c>: the same verification as the call, over the database and the signed heads of a node that does
/// not run. Prints the answer as JSON; 0 where nothing is wrong, 1 where something is. Nothing of the service is started.
/// </summary>
internal static class VerifyStopped
{
    public static async Task<int> RunAsync(string[] args)
    {
        await using var app = AuditHost.Build(args);
        await using var scope = app.Services.CreateAsyncScope();
        var services = scope.ServiceProvider;
        var answer = await GetVerification.VerifyAsync(
            services.GetRequiredService<AuditDb>(),
            services.GetRequiredService<TrustStore>(),
            services.GetRequiredService<AuditOptions>(),
            services.GetRequiredService<TimeProvider>(),
            CancellationToken.None
        );
        var json = new JsonSerializerOptions();
        ServiceDefaultsExtensions.Configure(json);
        Console.WriteLine(JsonSerializer.Serialize(answer, json));
        return answer.Valid ? 0 : 1;
    }
}
