using System.Net;
using System.Net.Http.Headers;
using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Problems;
using HealthDataNode.Protocol.Seals;
using HealthDataNode.Protocol.Uploads;
using static HealthDataNode.Services.Tests.Protocol.DocumentWorld;

namespace HealthDataNode.Services.Tests.Protocol;

public sealed class Uploading_a_part : IAsyncLifetime
{
    private static readonly UploadClientOptions Small = new()
    {
        ChunkSize = 1000,
        FirstWait = TimeSpan.FromMilliseconds(1),
        LongestWait = TimeSpan.FromMilliseconds(5),
    };

    private readonly DocumentWorld world = new();
    private readonly HttpClient http = new();
    private readonly byte[] bytes = [.. Enumerable.Range(0, 4500).Select(i => (byte)(i * 31))];
    private UploadServer server = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private string Directory => Path.Combine(world.Folder, "uploads");

    public async ValueTask InitializeAsync() => server = await UploadServer.StartAsync(world, Directory);

    public async ValueTask DisposeAsync()
    {
        await server.DisposeAsync();
        http.Dispose();
        world.Dispose();
    }

    [Fact]
    public async Task Sends_it_in_pieces_and_hands_it_over_once()
    {
        var sent = await SendAsync(bytes);

        Assert.Equal((0, false), (sent.Faults, sent.WasThere));
        Assert.Equal(1, server.Receiving.Received);
        Assert.Equal(bytes, await StoredAsync());
    }

    [Fact]
    public async Task Recognises_a_part_that_is_there()
    {
        var first = await SendAsync(bytes);
        var second = await SendAsync(bytes);

        Assert.True(second.WasThere);
        Assert.Equal(first.Location, second.Location);
        Assert.Equal(1, server.Receiving.Received);
    }

    [Fact]
    public async Task Gives_the_same_resource_for_the_same_seal()
    {
        using var first = await CreateAsync(Seal(bytes));
        await AppendAsync(Location(first), 0, bytes[..700], false);
        using var second = await CreateAsync(Seal(bytes));

        Assert.Equal(HttpStatusCode.Created, second.StatusCode);
        Assert.Equal(Location(first), Location(second));
        Assert.Equal("700", Header(second, "Upload-Offset"));
        Assert.Equal("?0", Header(second, "Upload-Complete"));
        Assert.Contains("max-size=", Header(second, "Upload-Limit"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refuses_the_same_part_with_other_bytes()
    {
        using var begun = await CreateAsync(Seal(bytes));
        using var other = await CreateAsync(Seal(bytes[1..]));
        await AssertProblemAsync(other, HttpStatusCode.Conflict, ProblemTypes.PartConflict);

        await SendAsync(bytes);
        using var later = await CreateAsync(Seal(bytes[1..]));
        await AssertProblemAsync(later, HttpStatusCode.Conflict, ProblemTypes.PartConflict);
        Assert.Equal(bytes, await StoredAsync());
    }

    [Fact]
    public async Task Deletes_bytes_that_are_not_those_of_the_seal()
    {
        var seal = Seal(bytes);
        var wrong = bytes.ToArray();
        wrong[17] ^= 1;
        var refused = await Assert.ThrowsAsync<ProtocolProblemException>(() => SendAsync(wrong, seal));

        Assert.Equal((ProblemTypes.SealMismatch, 422), (refused.Problem.Type, refused.Problem.Status));
        Assert.Equal(Refusal.SealSha256, refused.Problem.RefusedFor);
        Assert.Equal(0, server.Receiving.Received);
        Assert.False(File.Exists(server.Store.PathOf(Key)));

        await SendAsync(bytes, seal);
        Assert.Equal(1, server.Receiving.Received);
    }

    [Fact]
    public async Task Goes_on_after_a_request_that_was_cut()
    {
        using var created = await CreateAsync(Seal(bytes));
        using var cut = new CancellationTokenSource();
        using var stalling = new StallingContent(bytes[..400], cut.Token);
        var request = Append(Location(created), 0, true);
        request.Content = stalling;
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/partial-upload");
        request.Content.Headers.ContentLength = bytes.Length;
        var pending = http.SendAsync(request, Cancel);
        await UntilAsync(() => new FileInfo(server.Store.PathOf(Key)).Length == 400);

        // The request still hangs: whoever asks ends it (draft, Concurrency).
        using var state = await HeadAsync(Location(created));
        Assert.Equal("400", Header(state, "Upload-Offset"));
        Assert.Equal("?0", Header(state, "Upload-Complete"));
        Assert.Equal("4500", Header(state, "Upload-Length"));
        Assert.Equal("no-store", state.Headers.CacheControl?.ToString());
        await cut.CancelAsync();
        await Assert.ThrowsAnyAsync<Exception>(() => pending);

        await SendAsync(bytes);
        Assert.Equal(bytes, await StoredAsync());
        Assert.Equal(1, server.Receiving.Received);
    }

    [Fact]
    public async Task Goes_on_after_the_server_was_killed()
    {
        using var created = await CreateAsync(Seal(bytes));
        await AppendAsync(Location(created), 0, bytes[..2000], false);
        await RestartAsync();

        using var state = await HeadAsync(Rebased(Location(created)));
        Assert.Equal("2000", Header(state, "Upload-Offset"));
        await SendAsync(bytes);
        Assert.Equal(bytes, await StoredAsync());
    }

    [Fact]
    public async Task Goes_on_where_the_server_was_killed_between_the_last_byte_and_its_acceptance()
    {
        server.Receiving.Answer = () => ProtocolProblem.Of(ProblemTypes.PermitStateUnknown, 503, "wait");
        using var created = await CreateAsync(Seal(bytes));
        using var last = await AppendAsync(Location(created), 0, bytes, true);
        await AssertProblemAsync(last, HttpStatusCode.ServiceUnavailable, ProblemTypes.PermitStateUnknown);
        await RestartAsync();

        var sent = await SendAsync(bytes);
        Assert.False(sent.WasThere);
        Assert.Equal(1, server.Receiving.Received);
        Assert.True((await SendAsync(bytes)).WasThere);
    }

    [Fact]
    public async Task Deletes_what_the_service_does_not_take()
    {
        server.Receiving.Answer = () => ProtocolProblem.Of(ProblemTypes.OrderRejected, 409, "rejected");
        var refused = await Assert.ThrowsAsync<ProtocolProblemException>(() => SendAsync(bytes));

        Assert.True(refused.Problem.Is(ProblemTypes.OrderRejected));
        Assert.False(File.Exists(server.Store.PathOf(Key)));
    }

    [Fact]
    public async Task Tells_the_offset_to_whoever_has_another()
    {
        using var created = await CreateAsync(Seal(bytes));
        await AppendAsync(Location(created), 0, bytes[..100], false);
        using var again = await AppendAsync(Location(created), 0, bytes[..100], false);

        Assert.Equal("100", Header(again, "Upload-Offset"));
        Assert.Equal("?0", Header(again, "Upload-Complete"));
        var problem = await AssertProblemAsync(again, HttpStatusCode.Conflict, ProblemTypes.MismatchingUploadOffset);
        Assert.Equal(100, problem.Extensions!["expected-offset"].GetInt64());
        Assert.Equal(0, problem.Extensions["provided-offset"].GetInt64());
    }

    [Fact]
    public async Task Refuses_lengths_that_are_not_the_seals()
    {
        using var stated = await CreateAsync(Seal(bytes), length: 1);
        await AssertProblemAsync(stated, HttpStatusCode.BadRequest, ProblemTypes.InconsistentUploadLength);
        using var created = await CreateAsync(Seal(bytes));
        using var early = await AppendAsync(Location(created), 0, bytes[..100], true);
        await AssertProblemAsync(early, HttpStatusCode.BadRequest, ProblemTypes.InconsistentUploadLength);
        using var more = await AppendAsync(Location(created), 0, [.. bytes, 1], false);
        await AssertProblemAsync(more, HttpStatusCode.BadRequest, ProblemTypes.InconsistentUploadLength);
    }

    [Fact]
    public async Task Deletes_an_upload_that_runs_over_its_seal()
    {
        using var created = await CreateAsync(Seal(bytes));
        using var request = Append(Location(created), 0, false);
        request.Content = new StreamContent(new MemoryStream([.. bytes, 1]));
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/partial-upload");
        request.Headers.TransferEncodingChunked = true;
        using var over = await http.SendAsync(request, Cancel);

        await AssertProblemAsync(over, HttpStatusCode.BadRequest, ProblemTypes.InconsistentUploadLength);
        using var gone = await HeadAsync(Location(created));
        Assert.Equal(HttpStatusCode.NotFound, gone.StatusCode);
    }

    [Fact]
    public async Task Changes_nothing_that_was_accepted()
    {
        var sent = await SendAsync(bytes);
        using var more = await AppendAsync(sent.Location, 4500, [1], false);
        await AssertProblemAsync(more, HttpStatusCode.Conflict, ProblemTypes.UploadCompleted);
        using var delete = await http.DeleteAsync(sent.Location, Cancel);
        await AssertProblemAsync(delete, HttpStatusCode.Conflict, ProblemTypes.UploadCompleted);

        using var lastAgain = await AppendAsync(sent.Location, 4500, [], true);
        Assert.Equal(HttpStatusCode.NoContent, lastAgain.StatusCode);
        Assert.Equal("?1", Header(lastAgain, "Upload-Complete"));
        Assert.Equal(1, server.Receiving.Received);
    }

    [Fact]
    public async Task Can_be_given_up_before_it_is_complete()
    {
        using var created = await CreateAsync(Seal(bytes));
        using var deleted = await http.DeleteAsync(Location(created), Cancel);
        using var gone = await HeadAsync(Location(created));

        Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, gone.StatusCode);
        await SendAsync(bytes[1..]);
    }

    [Fact]
    public async Task Takes_a_whole_part_in_the_request_that_creates_it()
    {
        using var whole = await CreateAsync(Seal(bytes), content: bytes);

        Assert.Equal(HttpStatusCode.NoContent, whole.StatusCode);
        Assert.Equal("?1", Header(whole, "Upload-Complete"));
        Assert.Equal(bytes, await StoredAsync());
    }

    [Fact]
    public async Task Shows_nobody_another_partys_order()
    {
        var other = new Uri(server.Parts.ToString().Replace("o-1", "o-2", StringComparison.Ordinal));
        using var created = await CreateAsync(Seal(bytes), at: other);
        using var head = await HeadAsync(new Uri(other + "/rows-1-0123456789abcdef"));

        await AssertProblemAsync(created, HttpStatusCode.NotFound, ProblemTypes.NotFound);
        Assert.Equal(HttpStatusCode.NotFound, head.StatusCode);
    }

    [Theory]
    [InlineData("rows-1-0000000000000000")]
    [InlineData("rows-0-0000000000000000")]
    [InlineData("..%2f..%2fetc")]
    [InlineData("rows")]
    public async Task Knows_no_other_address(string name)
    {
        await SendAsync(bytes);
        using var head = await HeadAsync(new Uri(server.Parts + "/" + name));

        Assert.Equal(HttpStatusCode.NotFound, head.StatusCode);
    }

    [Fact]
    public async Task Refuses_a_seal_by_another_holder()
    {
        var seal = world.Signer(OtherHolder, KeyUses.Holder).Sign(world.SealPayload(SealTypes.Rows) with { Sender = OtherHolder }).Text;
        using var created = await CreateAsync(seal);

        var problem = await AssertProblemAsync(created, HttpStatusCode.UnprocessableEntity, ProblemTypes.SealRefused);
        Assert.Equal(Refusal.SealSender, problem.RefusedFor);
    }

    [Fact]
    public async Task Refuses_another_interop_version_and_missing_headers()
    {
        using var version = await CreateAsync(Seal(bytes), version: "6");
        await AssertProblemAsync(version, HttpStatusCode.BadRequest, ProblemTypes.UploadHeader);
        using var noSeal = await CreateAsync("");
        await AssertProblemAsync(noSeal, HttpStatusCode.BadRequest, ProblemTypes.UploadHeader);
        using var plain = await http.PostAsync(server.Parts, new ByteArrayContent(bytes), Cancel);
        await AssertProblemAsync(plain, HttpStatusCode.BadRequest, ProblemTypes.UploadHeader);
        using var created = await CreateAsync(Seal(bytes));
        using var request = Append(Location(created), 0, false);
        request.Content = new ByteArrayContent(bytes[..1]);
        using var untyped = await http.SendAsync(request, Cancel);
        await AssertProblemAsync(untyped, HttpStatusCode.UnsupportedMediaType, ProblemTypes.UploadHeader);
    }

    [Fact]
    public async Task Refuses_a_request_larger_than_its_limit()
    {
        var large = new byte[UploadProtocol.MaximumAppend + 1];
        using var created = await CreateAsync(Seal(large));
        using var request = Append(Location(created), 0, true);
        request.Content = new ByteArrayContent(large);
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/partial-upload");
        request.Headers.ExpectContinue = true;
        using var answer = await http.SendAsync(request, Cancel);

        await AssertProblemAsync(answer, HttpStatusCode.RequestEntityTooLarge, ProblemTypes.UploadTooLarge);
        Assert.Contains("max-append-size=16777216", Header(answer, "Upload-Limit"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public async Task Arrives_whole_however_often_the_network_fails(int seed)
    {
        using var faulty = new HttpClient(new FaultyNetwork(seed));
        var sent = await new UploadClient(faulty, Small with { Faults = 50 }).UploadAsync(
            server.Parts,
            Seal(bytes),
            new MemoryStream(bytes),
            Cancel
        );

        Assert.True(sent.Faults > 0);
        Assert.Equal(bytes, await StoredAsync());
        Assert.Equal(1, server.Receiving.Received);
    }

    [Fact]
    public async Task Waits_while_the_service_cannot_tell()
    {
        var answers = 0;
        server.Receiving.Answer = () => answers++ < 2 ? ProtocolProblem.Of(ProblemTypes.PermitStateUnknown, 503, "wait") : null;
        var sent = await SendAsync(bytes);

        Assert.Equal(2, sent.Faults);
        Assert.Equal(1, server.Receiving.Received);
    }

    [Fact]
    public async Task Gives_up_after_many_faults_without_progress()
    {
        server.Receiving.Answer = () => ProtocolProblem.Of(ProblemTypes.PermitStateUnknown, 503, "wait");

        var problem = await Assert.ThrowsAsync<ProtocolProblemException>(() => SendAsync(bytes));
        Assert.True(problem.Problem.Is(ProblemTypes.PermitStateUnknown));
    }

    [Fact]
    public async Task Is_one_upload_for_two_senders_at_once()
    {
        var sends = Enumerable.Range(0, 4).Select(_ => Task.Run(() => SendAsync(bytes, faults: 200)));
        await Task.WhenAll(sends);

        Assert.Equal(bytes, await StoredAsync());
        Assert.Equal(1, server.Receiving.Received);
    }

    [Fact]
    public async Task Is_gone_with_its_order()
    {
        await SendAsync(bytes);
        await server.Store.DeleteOrderAsync("o-1", Cancel);

        Assert.False(System.IO.Directory.Exists(Path.Combine(Directory, "o-1")));
        Assert.False((await SendAsync(bytes)).WasThere);
    }

    private static UploadKey Key => new("o-1", SealTypes.Rows, 1);

    private static string Header(HttpResponseMessage response, string name) => response.Headers.GetValues(name).Single();

    private static async Task UntilAsync(Func<bool> holds)
    {
        for (var i = 0; !holds(); i++)
        {
            Assert.True(i < 1000, "The condition did not come to hold in 10 s.");
            await Task.Delay(10, Cancel);
        }
    }

    private static async Task<ProtocolProblem> AssertProblemAsync(HttpResponseMessage response, HttpStatusCode status, string type)
    {
        var problem = await ProtocolProblem.ReadAsync(response, Cancel);
        Assert.Equal((status, type), (response.StatusCode, problem.Type));
        return problem;
    }

    private static HttpRequestMessage Append(Uri location, long offset, bool complete)
    {
        var request = new HttpRequestMessage(HttpMethod.Patch, location);
        request.Headers.Add("Upload-Draft-Interop-Version", "8");
        request.Headers.Add("Upload-Complete", complete ? "?1" : "?0");
        request.Headers.Add("Upload-Offset", $"{offset}");
        return request;
    }

    private string Seal(byte[] content) =>
        new SealBuilder(world.Signer(Holder, KeyUses.Holder))
            .Build(SealTypes.Rows, "gateway", world.Order.Digest, 1, 3, SealedBytes.Of(content))
            .Text;

    private Task<UploadedPart> SendAsync(byte[] content, string? seal = null, int faults = 8) =>
        new UploadClient(http, Small with { Faults = faults }).UploadAsync(
            server.Parts,
            seal ?? Seal(content),
            new MemoryStream(content),
            Cancel
        );

    private Uri Location(HttpResponseMessage response) => Rebased(new Uri(server.Parts, response.Headers.Location!));

    private Uri Rebased(Uri location) => new(server.Parts, location.PathAndQuery);

    private async Task<byte[]> StoredAsync()
    {
        await using var stored = server.Store.OpenRead(Key);
        using var memory = new MemoryStream();
        await stored.CopyToAsync(memory, Cancel);
        return memory.ToArray();
    }

    private async Task RestartAsync()
    {
        await server.DisposeAsync();
        server = await UploadServer.StartAsync(world, Directory);
    }

    private Task<HttpResponseMessage> HeadAsync(Uri location) => http.SendAsync(new HttpRequestMessage(HttpMethod.Head, location), Cancel);

    private async Task<HttpResponseMessage> AppendAsync(Uri location, long offset, byte[] content, bool complete)
    {
        using var request = Append(location, offset, complete);
        request.Content = new ByteArrayContent(content);
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/partial-upload");
        return await http.SendAsync(request, Cancel);
    }

    private async Task<HttpResponseMessage> CreateAsync(
        string seal,
        long? length = null,
        byte[]? content = null,
        Uri? at = null,
        string version = "8"
    )
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, at ?? server.Parts);
        request.Headers.Add("Upload-Draft-Interop-Version", version);
        request.Headers.Add("Upload-Complete", content is null ? "?0" : "?1");
        if (length is not null)
        {
            request.Headers.Add("Upload-Length", $"{length}");
        }

        if (seal.Length > 0)
        {
            request.Headers.Add("Seal", seal);
        }

        request.Content = new ByteArrayContent(content ?? []);
        return await http.SendAsync(request, Cancel);
    }

    /// <summary>Loses requests, or the answers to requests that were done.</summary>
    private sealed class FaultyNetwork(int seed) : DelegatingHandler(new SocketsHttpHandler())
    {
        private readonly Random random = new(seed);

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var fault = random.Next(3);
            if (fault == 0)
            {
                throw new HttpRequestException("lost on the way there");
            }

            var response = await base.SendAsync(request, cancellationToken);
            if (fault == 1)
            {
                response.Dispose();
                throw new HttpRequestException("lost on the way back");
            }

            return response;
        }
    }

    private sealed class StallingContent(byte[] first, CancellationToken until) : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await stream.WriteAsync(first, CancellationToken.None);
            await stream.FlushAsync(CancellationToken.None);
            await Task.Delay(Timeout.Infinite, until);
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
