using System.Diagnostics;
using System.Net;
using HealthDataNode.ReferenceHolder.Orders;

namespace HealthDataNode.Services.Tests.ReferenceHolder;

public sealed class Holding_a_transfer : IDisposable
{
    private readonly string directory = Directory.CreateTempSubdirectory("hdn-throttle-").FullName;

    private string Throttle => Path.Combine(directory, "throttle");

    public void Dispose() => Directory.Delete(directory, recursive: true);

    [Fact]
    public async Task Is_held_in_its_middle_and_goes_on_when_it_is_let_go()
    {
        var content = new byte[300_000];
        Random.Shared.NextBytes(content);
        await File.WriteAllTextAsync(Throttle, "0", TestContext.Current.CancellationToken);
        var wire = new Wire();
        using var client = new HttpClient(new ThrottleHandler(Throttle) { InnerHandler = wire });
        var sending = client.PatchAsync("http://node.example/part", new ByteArrayContent(content), TestContext.Current.CancellationToken);
        Assert.Equal(0, wire.Count);

        await File.WriteAllTextAsync(Throttle, "50000", TestContext.Current.CancellationToken);
        await UntilAsync(() => wire.Count > 0);
        await File.WriteAllTextAsync(Throttle, "0", TestContext.Current.CancellationToken);
        await UntilAsync(() => wire.StandsStill());
        Assert.InRange(wire.Count, 1, content.Length - 1);
        Assert.False(sending.IsCompleted);

        File.Delete(Throttle);
        using var answer = await sending.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
        Assert.Equal(content, wire.Bytes());
        Assert.Equal(content.Length, wire.Length);
    }

    [Theory]
    [InlineData("")]
    [InlineData("fast")]
    [InlineData("-1")]
    public async Task Is_not_held_by_a_file_that_says_nothing(string text)
    {
        await File.WriteAllTextAsync(Throttle, text, TestContext.Current.CancellationToken);
        var wire = new Wire();
        using var client = new HttpClient(new ThrottleHandler(Throttle) { InnerHandler = wire });
        using var answer = await client.PatchAsync(
            "http://node.example/part",
            new ByteArrayContent(new byte[1000]),
            TestContext.Current.CancellationToken
        );
        Assert.Equal(1000, wire.Count);
    }

    private static async Task UntilAsync(Func<bool> holds)
    {
        for (var deadline = Stopwatch.StartNew(); !holds(); await Task.Delay(20))
        {
            Assert.True(deadline.Elapsed < TimeSpan.FromSeconds(30), "It did not come to be.");
        }
    }

    // What goes over the line, as it goes.
    private sealed class Wire : HttpMessageHandler
    {
        private readonly Slow stream = new();
        private long last = -1;
        private long since;

        public long? Length { get; private set; }
        public long Count => stream.Count;

        public byte[] Bytes() => stream.Bytes();

        // The same count for half a second: five times as long as a slice is apart.
        public bool StandsStill()
        {
            if (Count != last)
            {
                (last, since) = (Count, Stopwatch.GetTimestamp());
            }
            return Stopwatch.GetElapsedTime(since) > TimeSpan.FromMilliseconds(500);
        }

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Length = request.Content!.Headers.ContentLength;
            await request.Content.CopyToAsync(stream, cancellationToken);
            return new HttpResponseMessage(HttpStatusCode.NoContent);
        }

        private sealed class Slow : MemoryStream
        {
            private readonly Lock gate = new();
            private long count;

            public long Count => Interlocked.Read(ref count);

            public byte[] Bytes()
            {
                lock (gate)
                {
                    return ToArray();
                }
            }

            public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
            {
                lock (gate)
                {
                    Write(buffer.Span);
                }
                Interlocked.Add(ref count, buffer.Length);
                return ValueTask.CompletedTask;
            }
        }
    }
}
