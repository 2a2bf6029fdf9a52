using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace HealthDataNode.Stack.Tests;

/// <summary>
/// The road between all parties outside and the Edge, with an ear: `./run --via` sends people, holders and SPEs here. It
/// ends TLS with a certificate of `./run certificate localhost`, passes every message on and writes down what whoever
/// breaks TLS would read: target, headers and bodies, both ways.
/// </summary>
/// <remarks>Where the Edge does not answer, the connection breaks, as it would without anybody between.</remarks>
internal sealed class RecordingProxy : IAsyncDisposable
{
    private static readonly HashSet<string> HopByHop = new(StringComparer.OrdinalIgnoreCase)
    {
        "Connection",
        "Keep-Alive",
        "Proxy-Connection",
        "TE",
        "Trailer",
        "Transfer-Encoding",
        "Upgrade",
        // What is packed could not be read in the recording.
        "Accept-Encoding",
    };
    private readonly Func<Uri> edge;
    private readonly HttpClient client;
    private readonly FileStream recording;
    private readonly Lock writing = new();
    private readonly WebApplication app;

    /// <param name="authorityFolder">DIR/ca.</param>
    /// <param name="file">Where the recording goes.</param>
    /// <param name="edge">The Edge's own address, asked for at each message.</param>
    public RecordingProxy(string authorityFolder, string file, Func<Uri> edge)
    {
        this.edge = edge;
        recording = new FileStream(file, FileMode.Create, FileAccess.Write, FileShare.Read);
        File = file;
        var trust = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        trust.CustomTrustStore.ImportFromPemFile(Path.Combine(authorityFolder, "ca.pem"));
        client = new HttpClient(
            new SocketsHttpHandler
            {
                AllowAutoRedirect = false,
                UseCookies = false,
                UseProxy = false,
                ActivityHeadersPropagator = null,
                SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = trust },
            }
        )
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.SetMinimumLevel(LogLevel.None);
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.Listen(
                IPAddress.Loopback,
                0,
                listen =>
                    listen.UseHttps(
                        X509Certificate2.CreateFromPemFile(
                            Path.Combine(authorityFolder, "localhost.pem"),
                            Path.Combine(authorityFolder, "localhost.key")
                        )
                    )
            );
        });
        app = builder.Build();
        app.Run(PassOnAsync);
    }

    /// <summary>Where the recording is.</summary>
    public string File { get; }

    /// <summary>The address for `--via`.</summary>
    public Uri Address => new($"https://localhost:{new Uri(app.Urls.First()).Port}");

    /// <summary>Messages passed on so far.</summary>
    public int Messages { get; private set; }

    public Task StartAsync() => app.StartAsync();

    public async ValueTask DisposeAsync()
    {
        await app.DisposeAsync();
        client.Dispose();
        await recording.DisposeAsync();
    }

    private async Task PassOnAsync(HttpContext context)
    {
        // A message at a time goes into the recording, so that nothing in it is cut by another one.
        using var sent = new MemoryStream();
        using var answered = new MemoryStream();
        try
        {
            var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
            Note(sent, $"{context.Request.Method} {target}");
            using var request = new HttpRequestMessage(new(context.Request.Method), new Uri(edge(), target));
            if (context.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody == true)
            {
                request.Content = new StreamContent(new Overheard(context.Request.Body, sent));
            }
            foreach (var (name, values) in context.Request.Headers)
            {
                Note(sent, $"{name}: {values}");
                if (
                    name is not "Host"
                    && name[0] != ':'
                    && !HopByHop.Contains(name)
                    && !request.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values)
                )
                {
                    request.Content?.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values);
                }
            }
            Note(sent, "");

            using var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, context.RequestAborted);
            context.Response.StatusCode = (int)answer.StatusCode;
            Note(answered, $"{(int)answer.StatusCode}");
            foreach (var (name, values) in answer.Headers.Concat(answer.Content.Headers).Where(header => !HopByHop.Contains(header.Key)))
            {
                string[] all = [.. values];
                context.Response.Headers[name] = all;
                Note(answered, $"{name}: {string.Join(", ", all)}");
            }
            Note(answered, "");
            await using var body = new Overheard(await answer.Content.ReadAsStreamAsync(context.RequestAborted), answered);
            await body.CopyToAsync(context.Response.Body, context.RequestAborted);
        }
        catch (Exception fault) when (fault is HttpRequestException or IOException or OperationCanceledException or FileNotFoundException)
        {
            context.Abort();
        }
        finally
        {
            lock (writing)
            {
                sent.WriteTo(recording);
                recording.WriteByte((byte)'\n');
                answered.WriteTo(recording);
                recording.WriteByte((byte)'\n');
                recording.Flush();
                Messages++;
            }
        }
    }

    private static void Note(MemoryStream heard, string line) => heard.Write(Encoding.UTF8.GetBytes(line + "\r\n"));

    /// <summary>A body, of which a copy is kept as it passes.</summary>
    private sealed class Overheard(Stream body, MemoryStream heard) : Stream
    {
        public override bool CanRead => true;
        public override bool CanSeek => false;
        public override bool CanWrite => false;
        public override long Length => throw new NotSupportedException();
        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var read = await body.ReadAsync(buffer, cancellationToken);
            heard.Write(buffer.Span[..read]);
            return read;
        }

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override void Flush() { }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
