using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using HealthDataNode.Gateway.Domain;
using HealthDataNode.Gateway.Preparation;
using HealthDataNode.Protocol.Problems;
using HealthDataNode.Protocol.Pseudonyms;
using HealthDataNode.Protocol.Records;

namespace HealthDataNode.Gateway.Counterparts;

/// <summary>What Gateway asks of Pseudonymisation. Every call may be repeated.</summary>
internal sealed class Pseudonymisation(IHttpClientFactory clients)
{
    private sealed record Registration(string Order, string Permit);

    private sealed record DeliveryKeyRequest(string SpeKey);

    private sealed record End(string Outcome);

    /// <summary>The delivery key, sealed to the SPE: Gateway carries it and cannot open it.</summary>
    /// <param name="Seal">Pseudonymisation's seal JWS.</param>
    /// <param name="Box">The Crypt4GH file.</param>
    public sealed record DeliveryKey(string Seal, byte[] Box);

    /// <summary>Makes an order known, with the permit behind it.</summary>
    public async Task RegisterAsync(string digest, string order, string permit, CancellationToken cancellationToken)
    {
        using var response = await Client().PutAsJsonAsync($"/v1/orders/{digest}", new Registration(order, permit), cancellationToken);
        await ProtocolProblem.EnsureSuccessAsync(response, cancellationToken);
    }

    /// <summary>Passes the holder's closing document on: nothing is re-keyed before it.</summary>
    public async Task CloseAsync(string digest, string closing, CancellationToken cancellationToken)
    {
        using var content = new StringContent(closing, Encoding.ASCII, "application/jose");
        using var response = await Client().PostAsync($"/v1/orders/{digest}/closing", content, cancellationToken);
        await ProtocolProblem.EnsureSuccessAsync(response, cancellationToken);
    }

    /// <summary>Asks for the delivery key, sealed to this key of the SPE.</summary>
    /// <exception cref="OrderRefusedException">The tokens issued and the tokens re-keyed differ.</exception>
    public async Task<DeliveryKey> DeliveryKeyAsync(string digest, string speKey, CancellationToken cancellationToken)
    {
        using var response = await Client()
            .PostAsJsonAsync($"/v1/orders/{digest}/delivery-key", new DeliveryKeyRequest(speKey), cancellationToken);
        if (!response.IsSuccessStatusCode)
        {
            var problem = await ProtocolProblem.ReadAsync(response, cancellationToken);
            throw problem.Is(ProblemTypes.Prefix + "agreement-failed")
                ? new OrderRefusedException(new(RejectionCodes.AgreementFailed))
                : new ProtocolProblemException(problem);
        }
        return await response.Content.ReadFromJsonAsync<DeliveryKey>(cancellationToken)
            ?? throw new InvalidDataException("Pseudonymisation answered no delivery key.");
    }

    /// <summary>Ends the order there.</summary>
    /// <param name="digest">The order's digest.</param>
    /// <param name="outcome"><c>delivered</c> or <c>rejected</c>.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public async Task EndAsync(string digest, string outcome, CancellationToken cancellationToken)
    {
        using var response = await Client().PostAsJsonAsync($"/v1/orders/{digest}/close", new End(outcome), cancellationToken);
        await ProtocolProblem.EnsureSuccessAsync(response, cancellationToken);
    }

    /// <summary>The re-key of one order.</summary>
    public IRekeying RekeyingOf(string digest) => new Rekeying(clients.CreateClient(CounterpartsExtensions.Rekey), digest);

    private HttpClient Client() => clients.CreateClient(CounterpartsExtensions.Pseudonymisation);

    private sealed class Rekeying(HttpClient client, string digest) : IRekeying
    {
        private byte[] answers = [];

        public async Task<ReadOnlyMemory<byte>> RekeyAsync(int batch, ReadOnlyMemory<byte> tokens, CancellationToken cancellationToken)
        {
            using var content = new ReadOnlyMemoryContent(tokens);
            content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
            using var request = new HttpRequestMessage(HttpMethod.Post, $"/v1/orders/{digest}/rekey/{batch}")
            {
                Content = content,
                Version = client.DefaultRequestVersion,
                VersionPolicy = client.DefaultVersionPolicy,
            };
            using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            if (response.IsSuccessStatusCode)
            {
                return await ReadAsync(response, tokens.Length / Block.Size * AnswerRecord.Size, cancellationToken);
            }
            var problem = await ProtocolProblem.ReadAsync(response, cancellationToken);
            throw problem.Is(ProblemTypes.UnknownToken)
                ? new UnknownTokenException(RecordOf(problem))
                : new ProtocolProblemException(problem);
        }

        // Into one buffer for all batches: a new megabyte for each would be garbage that grows with the part.
        private async Task<ReadOnlyMemory<byte>> ReadAsync(HttpResponseMessage response, int length, CancellationToken cancellationToken)
        {
            if (answers.Length <= length)
            {
                answers = new byte[Math.Max(length + 1, 2 * answers.Length)];
            }
            await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
            // One more than there should be, so that a longer answer is seen.
            var read = await stream.ReadAtLeastAsync(
                answers.AsMemory(0, length + 1),
                length + 1,
                throwOnEndOfStream: false,
                cancellationToken
            );
            return read == length
                ? answers.AsMemory(0, length)
                : throw new InvalidDataException("Pseudonymisation answered another number of records.");
        }

        private static int? RecordOf(ProtocolProblem problem) =>
            problem.Extensions?.TryGetValue("record", out var record) == true && record.TryGetInt32(out var number) ? number : null;
    }
}
