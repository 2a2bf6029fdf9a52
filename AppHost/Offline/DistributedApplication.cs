using Aspire.Hosting.Offline;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting;

/// <summary>The application: what the model describes, running.</summary>
public sealed class DistributedApplication : IDisposable
{
    private readonly IHost host;
    private readonly IDistributedApplicationBuilder builder;

    internal DistributedApplication(IHost host, IDistributedApplicationBuilder builder)
    {
        this.host = host;
        this.builder = builder;
    }

    /// <summary>Begins a model.</summary>
    public static IDistributedApplicationBuilder CreateBuilder(string[] args) =>
        new DistributedApplicationBuilder(args, Offline.AppHostFolder.Path);

    /// <summary>Runs until a signal or `./run stop`.</summary>
    public void Run() => RunAsync().GetAwaiter().GetResult();

    /// <summary>Runs until a signal, `./run stop` or the token; the process's exit code tells why it ended.</summary>
    public async Task RunAsync(CancellationToken cancellationToken = default)
    {
        try
        {
            using var folder = new StackFolder(builder.Configuration["data"] ?? Path.Combine(builder.AppHostDirectory, "..", ".data"));
            using var stack = new Stack(host.Services, builder, folder);
            Environment.ExitCode = await stack.RunAsync(cancellationToken);
        }
        catch (StackException fault)
        {
            await Console.Error.WriteLineAsync(fault.Message);
            Environment.ExitCode = fault.ExitCode;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => host.Dispose();
}
