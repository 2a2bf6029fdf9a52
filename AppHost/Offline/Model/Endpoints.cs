using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>A port on which a resource listens.</summary>
[SuppressMessage("Design", "CA1056", Justification = "Shape of the original.")]
public sealed class EndpointAnnotation(
    ProtocolType protocol,
    string? uriScheme = null,
    string? transport = null,
    string? name = null,
    int? port = null,
    int? targetPort = null,
    bool? isExternal = null,
    bool? isProxied = null
) : IResourceAnnotation
{
    /// <summary>TCP, always.</summary>
    public ProtocolType Protocol { get; } = protocol;

    /// <summary>`http`, `https`, `tcp`.</summary>
    public string UriScheme { get; set; } = uriScheme ?? "tcp";

    /// <summary>How HTTP is spoken on it.</summary>
    public string Transport { get; set; } = transport ?? "http";

    /// <summary>The endpoint's name, its scheme by default.</summary>
    public string Name { get; set; } = name ?? uriScheme ?? "tcp";

    /// <summary>The port that others use. Offline has no proxy: it is the process's own.</summary>
    public int? Port { get; set; } = port ?? targetPort;

    /// <summary>The port of the process.</summary>
    public int? TargetPort { get; set; } = targetPort;

    /// <summary>Whether it is meant for callers outside the node.</summary>
    public bool IsExternal { get; set; } = isExternal ?? false;

    /// <summary>Asked for a proxy or not; Offline never has one.</summary>
    public bool? IsProxied { get; set; } = isProxied;

    /// <summary>The variable that tells the process its port.</summary>
    public string? TargetPortEnvironmentVariable { get; set; }

    /// <summary>The port in force, once given out.</summary>
    internal int? Allocated { get; set; }
}

/// <summary>A part of an endpoint's address.</summary>
public enum EndpointProperty
{
    /// <summary>scheme://host:port</summary>
    Url,

    /// <summary>`localhost`</summary>
    Host,

    /// <summary>`127.0.0.1`</summary>
    IPV4Host,

    /// <summary>The port that others use.</summary>
    Port,

    /// <summary>The scheme.</summary>
    Scheme,

    /// <summary>The process's own port.</summary>
    TargetPort,

    /// <summary>host:port</summary>
    HostAndPort,
}

/// <summary>An endpoint of a resource, by name.</summary>
[SuppressMessage("Design", "CA1056", Justification = "Shape of the original.")]
public sealed class EndpointReference(IResourceWithEndpoints owner, string endpointName) : IValueProvider, IManifestExpressionProvider
{
    /// <summary>Whose endpoint.</summary>
    public IResourceWithEndpoints Resource { get; } = owner;

    /// <summary>Its name.</summary>
    public string EndpointName { get; } = endpointName;

    /// <summary>Whether the resource has it.</summary>
    public bool Exists => Find() is not null;

    /// <summary>Whether its port has been given out.</summary>
    public bool IsAllocated => Find()?.Allocated is not null;

    /// <summary>The annotation behind it.</summary>
    public EndpointAnnotation EndpointAnnotation =>
        Find() ?? throw new InvalidOperationException($"'{Resource.Name}' has no endpoint '{EndpointName}'.");

    /// <summary>The port.</summary>
    public int Port =>
        EndpointAnnotation.Allocated
        ?? throw new InvalidOperationException($"The port of '{Resource.Name}/{EndpointName}' is not given out yet.");

    /// <summary>`localhost`: every process runs on this machine.</summary>
    public string Host { get; } = "localhost";

    /// <summary>The scheme.</summary>
    public string Scheme => EndpointAnnotation.UriScheme;

    /// <summary>scheme://localhost:port, without a slash at the end.</summary>
    public string Url => $"{Scheme}://{Host}:{Port}";

    /// <inheritdoc/>
    public string ValueExpression => $"{{{Resource.Name}.bindings.{EndpointName}.url}}";

    /// <summary>A part of the address.</summary>
    public EndpointReferenceExpression Property(EndpointProperty property) => new(this, property);

    /// <inheritdoc/>
    public ValueTask<string?> GetValueAsync(CancellationToken cancellationToken = default) => new(Url);

    private EndpointAnnotation? Find() =>
        Resource
            .Annotations.OfType<EndpointAnnotation>()
            .FirstOrDefault(endpoint => endpoint.Name.Equals(EndpointName, StringComparison.OrdinalIgnoreCase));
}

/// <summary>A part of an endpoint's address, as a value.</summary>
public sealed class EndpointReferenceExpression(EndpointReference endpoint, EndpointProperty property)
    : IValueProvider,
        IManifestExpressionProvider
{
    /// <summary>The endpoint.</summary>
    public EndpointReference Endpoint { get; } = endpoint;

    /// <inheritdoc/>
    public string ValueExpression => $"{{{Endpoint.Resource.Name}.bindings.{Endpoint.EndpointName}.{property}}}";

    /// <inheritdoc/>
    public ValueTask<string?> GetValueAsync(CancellationToken cancellationToken = default) =>
        new(
            property switch
            {
                EndpointProperty.Url => Endpoint.Url,
                EndpointProperty.Host => Endpoint.Host,
                EndpointProperty.IPV4Host => "127.0.0.1",
                EndpointProperty.Scheme => Endpoint.Scheme,
                EndpointProperty.HostAndPort => $"{Endpoint.Host}:{Endpoint.Port}",
                _ => Endpoint.Port.ToString(System.Globalization.CultureInfo.InvariantCulture),
            }
        );
}
