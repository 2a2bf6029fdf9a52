using System.Net.Http.Json;
using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Problems;
using HealthDataNode.Protocol.Trust;

namespace HealthDataNode.Protocol.Leases;

/// <summary>Asks an owner about everything that a book holds, in one call.</summary>
/// <typeparam name="TBook">The book.</typeparam>
public interface ILeaseSource<TBook>
    where TBook : LeaseBook
{
    /// <summary>Sends the question and verifies who signed the answer; the rest is the book's to judge.</summary>
    /// <param name="question">The question.</param>
    /// <param name="cancel">Stops waiting.</param>
    /// <exception cref="DocumentRefusedException">The answer is forged, or not by the owner.</exception>
    /// <exception cref="ProtocolProblemException">The owner refused to answer.</exception>
    /// <exception cref="HttpRequestException">The owner is away.</exception>
    Task<LeaseAnswer> AskAsync(LeaseQuestion question, CancellationToken cancel);
}

/// <summary>Permit's <c>state-checks</c>.</summary>
/// <param name="client">A client with this party's token for Permit; disposed after each call.</param>
/// <param name="path">Where: <c>/v1/state-checks</c> inside the node, <c>permit/v1/state-checks</c> at its Edge.</param>
/// <param name="trust">The keys.</param>
public sealed class PermitLeaseSource(Func<HttpClient> client, string path, TrustStore trust) : ILeaseSource<PermitLeases>
{
    private sealed record Request(string Nonce, IReadOnlyList<string> Lineages);

    /// <inheritdoc/>
    public async Task<LeaseAnswer> AskAsync(LeaseQuestion question, CancellationToken cancel)
    {
        using var http = client();
        using var response = await http.PostAsJsonAsync(path, new Request(question.Nonce, question.Ids), cancel);
        return Read(await LeaseText.ReadAsync(response, cancel), trust);
    }

    /// <summary>Verifies an answer.</summary>
    /// <param name="text">A permit-state JWS.</param>
    /// <param name="trust">The keys.</param>
    public static LeaseAnswer Read(string text, TrustStore trust)
    {
        var state = trust.Verify<PermitState>(text).Payload;
        return new(
            state.Caller,
            state.Nonce,
            state.Until,
            [.. state.States.Select(s => new LeaseEntry(s.Lineage, s.Version, s.Digest, s.State))]
        );
    }
}

/// <summary>SpeRegistry's <c>status-checks</c>.</summary>
/// <param name="client">A client with this party's token for SpeRegistry; disposed after each call.</param>
/// <param name="path">Where: <c>/v1/status-checks</c> inside the node, <c>speregistry/v1/status-checks</c> at its
/// Edge.</param>
/// <param name="trust">The keys.</param>
public sealed class SpeLeaseSource(Func<HttpClient> client, string path, TrustStore trust) : ILeaseSource<SpeLeases>
{
    private sealed record Request(string Nonce, IReadOnlyList<string> Parties);

    /// <inheritdoc/>
    public async Task<LeaseAnswer> AskAsync(LeaseQuestion question, CancellationToken cancel)
    {
        using var http = client();
        using var response = await http.PostAsJsonAsync(path, new Request(question.Nonce, question.Ids), cancel);
        return Read(await LeaseText.ReadAsync(response, cancel), trust);
    }

    /// <summary>Verifies an answer.</summary>
    /// <param name="text">An spe-state JWS.</param>
    /// <param name="trust">The keys.</param>
    public static LeaseAnswer Read(string text, TrustStore trust)
    {
        var state = trust.Verify<SpeState>(text).Payload;
        return new(
            state.Caller,
            state.Nonce,
            state.Until,
            [.. state.States.Select(s => new LeaseEntry(s.Party, s.Version, null, s.Status))]
        );
    }
}

/// <summary>The body of an answer.</summary>
internal static class LeaseText
{
    public static async Task<string> ReadAsync(HttpResponseMessage response, CancellationToken cancel)
    {
        await ProtocolProblem.EnsureSuccessAsync(response, cancel);
        return (await response.Content.ReadAsStringAsync(cancel)).Trim();
    }
}
