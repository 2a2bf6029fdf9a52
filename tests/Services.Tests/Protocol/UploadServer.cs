using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Problems;
using HealthDataNode.Protocol.Seals;
using HealthDataNode.Protocol.Uploads;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using static HealthDataNode.Services.Tests.Protocol.DocumentWorld;

namespace HealthDataNode.Services.Tests.Protocol;

/// <summary>A gateway's upload endpoints on a real Kestrel, over a directory that outlives it.</summary>
public sealed class UploadServer : IAsyncDisposable
{
    private readonly WebApplication app;

    private UploadServer(WebApplication app, Receiver receiving, FileUploadStore store)
    {
        this.app = app;
        Receiving = receiving;
        Store = store;
        Parts = new Uri(
            app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First() + "/v1/orders/o-1/parts"
        );
    }

    public Receiver Receiving { get; }

    public FileUploadStore Store { get; }

    public Uri Parts { get; }

    public static async Task<UploadServer> StartAsync(DocumentWorld world, string directory)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var receiver = new Receiver(world);
        var store = new FileUploadStore(directory);
        builder.Services.AddSingleton(receiver);
        builder.Services.AddSingleton<IUploadStore>(store);
        var app = builder.Build();
        app.MapResumableUploads<Receiver>("/v1/orders/{id}/parts");
        await app.StartAsync();
        return new UploadServer(app, receiver, store);
    }

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource(TimeSpan.Zero);
        await app.StopAsync(now.Token);
        await app.DisposeAsync();
    }

    public sealed class Receiver(DocumentWorld world) : IUploadReceiver
    {
        private readonly SealVerifier verifier = new(world.Trust);
        private int received;

        public int Received => received;

        public Func<ProtocolProblem?> Answer { get; set; } = () => null;

        public Task<ProtocolProblem?> AuthoriseAsync(HttpContext context, string order) =>
            Task.FromResult(order == "o-1" ? null : ProtocolProblem.Of(ProblemTypes.NotFound, 404, "No such order"));

        public Task<UploadAdmission> AdmitAsync(HttpContext context, string order, string seal) =>
            Task.FromResult(
                UploadAdmission.Admit(verifier.Verify(seal, new SealExpectation(SealTypes.Rows, Holder, "gateway", world.Order.Digest)))
            );

        public Task<ProtocolProblem?> ReceiveAsync(HttpContext context, UploadState upload)
        {
            var answer = Answer();
            if (answer is null)
            {
                Interlocked.Increment(ref received);
            }

            return Task.FromResult(answer);
        }
    }
}
