using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using HealthDataNode.Protocol.Oidc;

namespace HealthDataNode.Setup;

/// <summary>
/// `./run shred LINEAGE`: an operator who has the files of Permit asks Pseudonymisation, as Permit, to delete a permit key
/// everywhere, and is given the signed record that names the places. Pseudonymisation alone deletes and signs.
/// </summary>
internal static class ShredPermitKey
{
    public static async Task<int> RunAsync(string lineage, string directory, string issuer, Uri pseudonymisation, TextWriter output)
    {
        using var client = new HttpClient { BaseAddress = pseudonymisation };
        var identity = new MachineIdentity(
            $"{issuer.TrimEnd('/')}/realms/health-data-node",
            "permit",
            Path.Combine(directory, "keys", "permit", "client.pem")
        );
        using var tokens = new MachineTokenSource(client, identity);
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", await tokens.TokenAsync("pseudonymisation"));
        await output.WriteLineAsync(await AskAsync(client, lineage));
        return 0;
    }

    /// <summary>Has the key deleted and returns the record; done again, it goes on where it stood and returns the same record.</summary>
    /// <exception cref="SetupException">It could not be done; says what to do.</exception>
    internal static async Task<string> AskAsync(HttpClient client, string lineage)
    {
        var place = $"/v1/lineages/{Uri.EscapeDataString(lineage)}/shredding";
        using var shredded = await client.PostAsync(new Uri(place, UriKind.Relative), null);
        if (shredded.StatusCode == HttpStatusCode.NotFound)
        {
            throw new SetupException($"Pseudonymisation knows no permit {lineage}: nothing was ever ordered under it, so it has no key.");
        }
        if (!shredded.IsSuccessStatusCode)
        {
            throw new SetupException(await DetailAsync(shredded));
        }
        using var record = await client.GetAsync(new Uri(place, UriKind.Relative));
        return record.IsSuccessStatusCode ? await record.Content.ReadAsStringAsync() : throw new SetupException(await DetailAsync(record));
    }

    private static async Task<string> DetailAsync(HttpResponseMessage answer)
    {
        var text = await answer.Content.ReadAsStringAsync();
        try
        {
            using var problem = JsonDocument.Parse(text);
            return problem.RootElement.GetProperty("detail").GetString()!;
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException)
        {
            return $"Pseudonymisation answered {(int)answer.StatusCode}.";
        }
    }
}
