using System.Net;
using System.Net.Sockets;
using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Offline;

/// <summary>
/// Gives out free ports before anything starts. A process that dies is started again on the same port, so a given port stays
/// ours while the AppHost lives: the UDP port of the same number is held, and two stacks that start at once see that.
/// </summary>
internal sealed class Ports : IDisposable
{
    private readonly List<Socket> held = [];

    public void Allocate(IEnumerable<IResource> resources)
    {
        var endpoints = resources
            .SelectMany(resource => resource.Annotations.OfType<EndpointAnnotation>(), (resource, e) => (resource, e))
            .ToList();
        // Ports that were asked for come first, so that no other gets them.
        foreach (var (resource, endpoint) in endpoints.OrderBy(pair => pair.e.Port is null))
        {
            endpoint.Allocated = endpoint.Port switch
            {
                null => TakeAny(),
                { } port when TryTake(port) => port,
                { } port => throw new StackException(
                    ExitCodes.NotHealthy,
                    $"port {port}, which {resource.Name} keeps for this --data, is taken by another program"
                ),
            };
        }
    }

    public void Dispose() => held.ForEach(socket => socket.Dispose());

    private int TakeAny()
    {
        for (var attempt = 0; attempt < 500; attempt++)
        {
            // Below the kernel's range for outgoing connections; Aspire's own range for such ports.
            var port = Random.Shared.Next(10_000, 32_768);
            if (TryTake(port))
            {
                return port;
            }
        }
        throw new StackException(ExitCodes.NotHealthy, "no free port between 10000 and 32767");
    }

    private bool TryTake(int port)
    {
        var mark = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        try
        {
            mark.Bind(new IPEndPoint(IPAddress.Loopback, port));
            using var four = new TcpListener(IPAddress.Loopback, port);
            four.Start();
            if (Socket.OSSupportsIPv6)
            {
                using var six = new TcpListener(IPAddress.IPv6Loopback, port);
                six.Start();
            }
        }
        catch (SocketException fault) when (fault.SocketErrorCode != SocketError.AddressNotAvailable)
        {
            mark.Dispose();
            return false;
        }
        catch (SocketException)
        {
            // No ::1 on this machine.
        }
        held.Add(mark);
        return true;
    }
}
