using System.Globalization;
using System.Net;

namespace HealthDataNode.ReferenceHolder.Orders;

/// <summary>
/// Sends bodies no faster than a file says (<c>Holder:ThrottleFile</c>: bytes per second, 0 holds them; no file, no
/// limit). It is looked at all the while, so that a transfer can be held in its middle and let go again.
/// </summary>
internal sealed class ThrottleHandler(string? file) : DelegatingHandler
{
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (file is not null && request.Content is { } content)
        {
            request.Content = new Throttled(content, file);
        }
        return base.SendAsync(request, cancellationToken);
    }

    private sealed class Throttled : HttpContent
    {
        private const int Slice = 64 * 1024;
        private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(100);
        private readonly HttpContent content;
        private readonly string file;

        public Throttled(HttpContent content, string file)
        {
            (this.content, this.file) = (content, file);
            foreach (var (name, values) in content.Headers)
            {
                Headers.TryAddWithoutValidation(name, values);
            }
        }

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
            SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
        {
            await using var source = await content.ReadAsStreamAsync(cancellationToken);
            var buffer = new byte[Slice];
            while (true)
            {
                var rate = Rate();
                if (rate == 0)
                {
                    await Task.Delay(Tick, cancellationToken);
                    continue;
                }
                var most = rate is { } limit ? (int)Math.Clamp(limit * Tick.TotalSeconds, 1, Slice) : Slice;
                var read = await source.ReadAsync(buffer.AsMemory(0, most), cancellationToken);
                if (read == 0)
                {
                    return;
                }
                await stream.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
                if (rate is not null)
                {
                    await stream.FlushAsync(cancellationToken);
                    await Task.Delay(Tick, cancellationToken);
                }
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = content.Headers.ContentLength ?? -1;
            return length >= 0;
        }

        protected override void Dispose(bool disposing)
        {
            content.Dispose();
            base.Dispose(disposing);
        }

        // Null: no limit, also where the file is being written or says something else.
        private long? Rate()
        {
            try
            {
                return long.TryParse(File.ReadAllText(file), NumberStyles.Integer, CultureInfo.InvariantCulture, out var rate) && rate >= 0
                    ? rate
                    : null;
            }
            catch (IOException)
            {
                return null;
            }
        }
    }
}
