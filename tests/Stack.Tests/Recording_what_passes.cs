using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace HealthDataNode.Stack.Tests;

/// <summary>The proxy itself, between a client and a small server: what it hears must be all, else a clean recording says nothing.</summary>
public sealed class Recording_what_passes : IAsyncLifetime
{
    private readonly DirectoryInfo data = Directory.CreateTempSubdirectory("hdn-road-");
    private WebApplication server = null!;
    private RecordingProxy proxy = null!;
    private HttpClient client = null!;

    public async ValueTask InitializeAsync()
    {
        var (issued, said) = await Programs.RunAsync(
            Repository.Program("services/Setup"),
            ["certificate", "localhost", "--data", data.FullName]
        );
        Assert.True(issued == 0, said);
        var ca = Path.Combine(data.FullName, "ca");
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.SetMinimumLevel(LogLevel.None);
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel =>
            kestrel.Listen(
                IPAddress.Loopback,
                0,
                listen =>
                    listen.UseHttps(
                        X509Certificate2.CreateFromPemFile(Path.Combine(ca, "localhost.pem"), Path.Combine(ca, "localhost.key"))
                    )
            )
        );
        server = builder.Build();
        server.Run(async context =>
        {
            context.Response.StatusCode = 422;
            context.Response.Headers.Location = "/elsewhere";
            context.Response.Headers["Seen"] = $"{context.Request.Headers["Seal"]} {context.Request.Host.Host}";
            await context.Response.WriteAsync("answered ");
            await context.Request.Body.CopyToAsync(context.Response.Body);
        });
        await server.StartAsync();
        proxy = new(ca, Path.Combine(data.FullName, "recording"), () => new Uri($"https://localhost:{new Uri(server.Urls.First()).Port}"));
        await proxy.StartAsync();
        var trust = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        trust.CustomTrustStore.ImportFromPemFile(Path.Combine(ca, "ca.pem"));
        client = new(new SocketsHttpHandler { UseProxy = false, SslOptions = { CertificateChainPolicy = trust } })
        {
            BaseAddress = proxy.Address,
        };
    }

    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task Passes_a_message_on_unchanged_and_keeps_all_of_it(string version)
    {
        var cancellation = TestContext.Current.CancellationToken;
        var body = string.Join(' ', Enumerable.Range(0, 100_000));
        using var request = new HttpRequestMessage(HttpMethod.Post, "/a%20b/c?d=e%2Ff")
        {
            Version = Version.Parse(version),
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new StringContent(body),
        };
        request.Headers.Add("Seal", "sealed");

        using var answer = await client.SendAsync(request, cancellation);

        Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.StatusCode);
        Assert.Equal("sealed localhost", answer.Headers.GetValues("Seen").Single());
        Assert.Equal($"answered {body}", await answer.Content.ReadAsStringAsync(cancellation));
        var heard = await HeardAsync(messages: 1);
        Assert.Contains("POST /a%20b/c?d=e%2Ff\r\n", heard, StringComparison.Ordinal);
        Assert.Contains("Seal: sealed\r\n", heard, StringComparison.OrdinalIgnoreCase);
        Assert.Contains($"\r\n\r\n{body}", heard, StringComparison.Ordinal);
        Assert.Contains("422\r\n", heard, StringComparison.Ordinal);
        Assert.Contains("Location: /elsewhere\r\n", heard, StringComparison.OrdinalIgnoreCase);
        Assert.Contains($"\r\n\r\nanswered {body}", heard, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Breaks_the_connection_where_nobody_answers_and_keeps_what_was_sent()
    {
        await server.StopAsync(TestContext.Current.CancellationToken);

        await Assert.ThrowsAsync<HttpRequestException>(() => client.GetAsync("/x", TestContext.Current.CancellationToken));

        Assert.Contains("GET /x\r\n", await HeardAsync(messages: 1), StringComparison.Ordinal);
    }

    public async ValueTask DisposeAsync()
    {
        client.Dispose();
        await proxy.DisposeAsync();
        await server.DisposeAsync();
        data.Delete(recursive: true);
    }

    private async Task<string> HeardAsync(int messages)
    {
        await Eventually.TrueAsync("the recording", TimeSpan.FromSeconds(10), () => proxy.Messages >= messages);
        await using var stream = new FileStream(proxy.File, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(stream, Encoding.Latin1);
        return await reader.ReadToEndAsync(TestContext.Current.CancellationToken);
    }
}
