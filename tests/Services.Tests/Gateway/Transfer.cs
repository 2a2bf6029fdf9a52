using System.Net;
using HealthDataNode.Protocol.Uploads;

namespace HealthDataNode.Services.Tests.Gateway;

/// <summary>An upload in the middle of a request that goes on byte by byte, as of a throttled holder.</summary>
internal sealed class Transfer : IDisposable
{
    private readonly TaskCompletionSource halfway = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource over = new();
    private Task<HttpResponseMessage> request = null!;

    public static HttpRequestMessage Creation(string path, string seal)
    {
        var create = new HttpRequestMessage(HttpMethod.Post, path) { Content = new ByteArrayContent([]) };
        create.Headers.Add(UploadProtocol.CompleteHeader, "?0");
        create.Headers.Add(UploadProtocol.InteropVersionHeader, UploadProtocol.InteropVersion);
        create.Headers.Add(UploadProtocol.SealHeader, seal);
        return create;
    }

    public static async Task<Transfer> BeginAsync(HttpClient client, string path, byte[] file, string seal)
    {
        using var create = Creation(path, seal);
        using var created = await client.SendAsync(create);
        Assert.Equal(HttpStatusCode.Created, created.StatusCode);
        var transfer = new Transfer();
        var append = new HttpRequestMessage(HttpMethod.Patch, new Uri(created.RequestMessage!.RequestUri!, created.Headers.Location!))
        {
            Content = new Halting(file, transfer).Typed(),
        };
        append.Headers.Add(UploadProtocol.CompleteHeader, "?1");
        append.Headers.Add(UploadProtocol.InteropVersionHeader, UploadProtocol.InteropVersion);
        append.Headers.Add(UploadProtocol.OffsetHeader, "0");
        transfer.request = client.SendAsync(append);
        await transfer.halfway.Task.WaitAsync(TimeSpan.FromSeconds(10));
        return transfer;
    }

    /// <summary>The server ends the request although its content is not whole.</summary>
    public async Task IsCutAsync() => await Assert.ThrowsAnyAsync<HttpRequestException>(() => request.WaitAsync(TimeSpan.FromSeconds(20)));

    public void Dispose()
    {
        over.Cancel();
        over.Dispose();
    }

    private sealed class Halting(byte[] file, Transfer transfer) : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await stream.WriteAsync(file.AsMemory(0, file.Length / 2));
            await stream.FlushAsync();
            transfer.halfway.TrySetResult();
            for (var sent = file.Length / 2; sent < file.Length; sent++)
            {
                await stream.WriteAsync(file.AsMemory(sent, 1));
                await stream.FlushAsync();
                await Task.Delay(100, transfer.over.Token);
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = file.Length;
            return true;
        }

        public Halting Typed()
        {
            Headers.ContentType = new(UploadProtocol.PartialMediaType);
            return this;
        }
    }
}
