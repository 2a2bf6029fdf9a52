using System.Net;
using System.Net.Http.Headers;
using HealthDataNode.Protocol.Problems;
using static HealthDataNode.Protocol.Uploads.UploadProtocol;

namespace HealthDataNode.Protocol.Uploads;

/// <summary>How an upload is sent.</summary>
public sealed record UploadClientOptions
{
    /// <summary>Bytes in one request; at most <see cref="MaximumAppend"/>.</summary>
    public int ChunkSize { get; init; } = 8 << 20;

    /// <summary>Faults without a byte of progress between them before it gives up.</summary>
    public int Faults { get; init; } = 8;

    /// <summary>Wait after the first fault; it doubles with each.</summary>
    public TimeSpan FirstWait { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>The longest wait.</summary>
    public TimeSpan LongestWait { get; init; } = TimeSpan.FromSeconds(10);
}

/// <summary>A part that the server has accepted.</summary>
/// <param name="Location">Its address.</param>
/// <param name="Faults">Faults on the way.</param>
/// <param name="WasThere">Whether the server had accepted it before this call: a repetition.</param>
public sealed record UploadedPart(Uri Location, int Faults, bool WasThere);

/// <summary>Sends a sealed part and goes on after any fault where the server says that it stands. Safe to repeat
/// with the same seal and bytes, by another process too.</summary>
/// <param name="http">A client that adds the bearer token.</param>
/// <param name="options">How.</param>
/// <param name="time">The clock that waits.</param>
public sealed class UploadClient(HttpClient http, UploadClientOptions? options = null, TimeProvider? time = null)
{
    private readonly UploadClientOptions options = options ?? new UploadClientOptions();
    private readonly TimeProvider time = time ?? TimeProvider.System;

    /// <summary>Sends a file.</summary>
    /// <param name="parts">The address where parts are created.</param>
    /// <param name="seal">The seal JWS of the file.</param>
    /// <param name="path">The Crypt4GH file.</param>
    /// <param name="cancel">Stops it; the next call goes on.</param>
    /// <exception cref="ProtocolProblemException">The server refuses the part, and repeating would not help.</exception>
    /// <exception cref="HttpRequestException">It could not be sent after many faults.</exception>
    public async Task<UploadedPart> UploadAsync(Uri parts, string seal, string path, CancellationToken cancel = default)
    {
        await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1, FileOptions.Asynchronous);
        return await UploadAsync(parts, seal, file, cancel);
    }

    /// <summary>Sends a stream.</summary>
    /// <param name="parts">The address where parts are created.</param>
    /// <param name="seal">The seal JWS of the bytes.</param>
    /// <param name="content">The bytes; the stream can seek.</param>
    /// <param name="cancel">Stops it; the next call goes on.</param>
    /// <exception cref="ProtocolProblemException">The server refuses the part, and repeating would not help.</exception>
    /// <exception cref="HttpRequestException">It could not be sent after many faults.</exception>
    public async Task<UploadedPart> UploadAsync(Uri parts, string seal, Stream content, CancellationToken cancel = default)
    {
        var sending = new Sending(this, parts, seal, content);
        var faults = 0;
        var sinceProgress = 0;
        var best = 0L;
        while (true)
        {
            TimeSpan? wanted;
            try
            {
                if (await sending.StepAsync(cancel))
                {
                    return new UploadedPart(sending.Location!, faults, sending.WasThere);
                }

                if (sending.Offset > best)
                {
                    (best, sinceProgress) = (sending.Offset, 0);
                }

                continue;
            }
            catch (ResumeException e)
            {
                wanted = e.Wait;
                if (sinceProgress >= options.Faults)
                {
                    throw new ProtocolProblemException(e.Problem);
                }
            }
            catch (Exception e) when (IsNetworkFault(e, cancel))
            {
                wanted = null;
                if (sinceProgress >= options.Faults)
                {
                    throw new HttpRequestException("The part could not be sent; the next call goes on where it stands.", e);
                }
            }

            faults++;
            sending.Doubt();
            await Task.Delay(wanted ?? WaitAfter(sinceProgress), time, cancel);
            sinceProgress++;
        }
    }

    private Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancel) => http.SendAsync(request, cancel);

    private static bool IsNetworkFault(Exception e, CancellationToken cancel) =>
        e is HttpRequestException or IOException || (e is OperationCanceledException && !cancel.IsCancellationRequested);

    private TimeSpan WaitAfter(int faults)
    {
        var wait = Math.Min(options.LongestWait.TotalMilliseconds, options.FirstWait.TotalMilliseconds * (1L << Math.Min(faults, 20)));

        // Many senders lose one server at the same moment.
#pragma warning disable CA5394 // Nothing secret hangs on a wait.
        return TimeSpan.FromMilliseconds(wait * (0.5 + (Random.Shared.NextDouble() / 2)));
#pragma warning restore CA5394
    }

    /// <summary>The server is worth asking again.</summary>
    private sealed class ResumeException(ProtocolProblem problem, TimeSpan? wait) : Exception
    {
        public ProtocolProblem Problem { get; } = problem;

        public TimeSpan? Wait { get; } = wait;
    }

    /// <summary>One part on its way. A step is one request.</summary>
    private sealed class Sending(UploadClient client, Uri parts, string seal, Stream content)
    {
        private bool inDoubt;
        private byte[]? buffer;

        public Uri? Location { get; private set; }

        public long Offset { get; private set; }

        public bool WasThere { get; private set; }

        /// <summary>After a fault only the server knows where it stands.</summary>
        public void Doubt() => inDoubt = true;

        public Task<bool> StepAsync(CancellationToken cancel) =>
            Location is null ? CreateAsync(cancel)
            : inDoubt ? AskAsync(cancel)
            : AppendAsync(cancel);

        private async Task<bool> CreateAsync(CancellationToken cancel)
        {
            using var request = Request(HttpMethod.Post, parts);
            request.Headers.TryAddWithoutValidation(CompleteHeader, Write(false));
            request.Headers.TryAddWithoutValidation(LengthHeader, Write(content.Length));
            request.Headers.TryAddWithoutValidation(SealHeader, seal);
            request.Content = new ByteArrayContent([]);
            using var response = await client.SendAsync(request, cancel);
            await ThrowAsync(response, cancel);
            Location = response.Headers.Location is { } location
                ? new Uri(response.RequestMessage?.RequestUri ?? parts, location)
                : throw new HttpRequestException("The server created an upload and did not say where.");
            inDoubt = false;
            WasThere = Read(response, fallback: 0);
            return WasThere;
        }

        private async Task<bool> AskAsync(CancellationToken cancel)
        {
            using var request = Request(HttpMethod.Head, Location!);
            using var response = await client.SendAsync(request, cancel);
            if (IsGone(response))
            {
                // Deleted, or lost with the server's disk: begun anew, under the same seal.
                Location = null;
                return false;
            }

            await ThrowAsync(response, cancel);
            inDoubt = false;
            return Read(response, fallback: null);
        }

        private async Task<bool> AppendAsync(CancellationToken cancel)
        {
            var size = (int)Math.Min(client.options.ChunkSize, content.Length - Offset);
            buffer ??= new byte[(int)Math.Min(client.options.ChunkSize, content.Length)];
            content.Position = Offset;
            await content.ReadExactlyAsync(buffer.AsMemory(0, size), cancel);
            var next = Offset + size;
            using var request = Request(HttpMethod.Patch, Location!);
            request.Headers.TryAddWithoutValidation(CompleteHeader, Write(next == content.Length));
            request.Headers.TryAddWithoutValidation(OffsetHeader, Write(Offset));
            request.Content = new ByteArrayContent(buffer, 0, size);
            request.Content.Headers.ContentType = new MediaTypeHeaderValue(PartialMediaType);
            using var response = await client.SendAsync(request, cancel);
            await ThrowAsync(response, cancel);
            return Read(response, fallback: next);
        }

        private static HttpRequestMessage Request(HttpMethod method, Uri uri)
        {
            var request = new HttpRequestMessage(method, uri);
            request.Headers.TryAddWithoutValidation(InteropVersionHeader, InteropVersion);
            return request;
        }

        /// <summary>Takes the server's offset; whether the upload is complete.</summary>
        private bool Read(HttpResponseMessage response, long? fallback)
        {
            Offset =
                ReadInteger(Value(response, OffsetHeader))
                ?? fallback
                ?? throw new HttpRequestException("The server did not say where the upload stands.");
            return Offset > content.Length
                ? throw new HttpRequestException("The server has more bytes than there are.")
                : ReadBoolean(Value(response, CompleteHeader)) == true;
        }

        private static string? Value(HttpResponseMessage response, string header) =>
            response.Headers.TryGetValues(header, out var values) ? values.FirstOrDefault() : null;

        private static bool IsGone(HttpResponseMessage response) => response.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.Gone;

        private async Task ThrowAsync(HttpResponseMessage response, CancellationToken cancel)
        {
            if (response.IsSuccessStatusCode)
            {
                return;
            }

            var problem = await ProtocolProblem.ReadAsync(response, cancel);
            var wait = response.Headers.RetryAfter?.Delta;
            if (problem.IsTransient || response.StatusCode == HttpStatusCode.Unauthorized)
            {
                // 401: the issuer or the API has changed its keys; the next request has a new token.
                throw new ResumeException(problem, wait);
            }

            if (
                problem.Is(ProblemTypes.MismatchingUploadOffset)
                || problem.Is(ProblemTypes.UploadCompleted)
                || (Location is not null && IsGone(response))
            )
            {
                throw new ResumeException(problem, TimeSpan.Zero);
            }

            throw new ProtocolProblemException(problem);
        }
    }
}
