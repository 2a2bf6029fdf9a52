using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Configuration;

namespace Aspire.Hosting.Offline;

/// <summary>
/// The environment and arguments of a child: a clean base, what Aspire would set for its kind, what the model declares.
/// Nothing else of the caller's environment comes through, so that a secret in the shell reaches no service.
/// </summary>
internal sealed class ProcessVariables(DistributedApplicationExecutionContext execution, StackFolder folder, IConfiguration configuration)
{
    /// <summary>What a child may inherit: how programs are found and compiled.</summary>
    private static readonly string[] Inherited = ["PATH", "DOTNET_ROOT", "DOTNET_ROOT_X64", "DOTNET_TieredPGO", "LD_LIBRARY_PATH", "USER"];

    public async Task<Dictionary<string, string>> OfAsync(IResource resource, CancellationToken cancellation)
    {
        var declared = new Dictionary<string, object>(StringComparer.Ordinal);
        foreach (var endpoint in resource.Annotations.OfType<EndpointAnnotation>())
        {
            if (endpoint.TargetPortEnvironmentVariable is { } variable)
            {
                declared[variable] = Invariant(endpoint.Allocated);
            }
        }
        var context = new EnvironmentCallbackContext(execution, resource, declared, cancellation);
        foreach (var annotation in resource.Annotations.OfType<EnvironmentCallbackAnnotation>().ToList())
        {
            await annotation.Callback(context);
        }
        var variables = Base(resource);
        if (resource is ProjectResource)
        {
            foreach (var (name, value) in OfProject(resource))
            {
                variables[name] = value;
            }
        }
        foreach (var (name, value) in declared)
        {
            variables[name] = value is IValueProvider provider ? await provider.GetValueAsync(cancellation) ?? "" : value.ToString() ?? "";
        }
        return variables;
    }

    public static async Task<List<string>> ArgumentsOfAsync(IResource resource, CancellationToken cancellation)
    {
        var arguments = new List<object>();
        foreach (var annotation in resource.Annotations.OfType<CommandLineArgsCallbackAnnotation>().ToList())
        {
            await annotation.Callback(new CommandLineArgsCallbackContext(arguments, cancellation));
        }
        var texts = new List<string>();
        foreach (var argument in arguments)
        {
            texts.Add(argument is IValueProvider provider ? await provider.GetValueAsync(cancellation) ?? "" : argument.ToString() ?? "");
        }
        return texts;
    }

    private Dictionary<string, string> Base(IResource resource)
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var name in Inherited)
        {
            if (Environment.GetEnvironmentVariable(name) is { Length: > 0 } value)
            {
                variables[name] = value;
            }
        }
        variables["HOME"] = folder.HomeOf(resource.Name);
        variables["TMPDIR"] = folder.TemporaryOf(resource.Name);
        variables["LANG"] = "C.UTF-8";
        // No diagnostic sockets in /tmp.
        variables["DOTNET_EnableDiagnostics"] = "0";
        return variables;
    }

    private IEnumerable<(string, string)> OfProject(IResource resource)
    {
        var web = resource
            .Annotations.OfType<EndpointAnnotation>()
            .Where(endpoint => endpoint.UriScheme is "http" or "https" && endpoint.TargetPortEnvironmentVariable is null)
            .ToList();
        if (web.Count > 0)
        {
            yield return (
                "ASPNETCORE_URLS",
                string.Join(';', web.Select(endpoint => $"{endpoint.UriScheme}://localhost:{endpoint.Allocated}"))
            );
        }
        if (web.Find(endpoint => endpoint.UriScheme == "https") is { } secure)
        {
            yield return ("ASPNETCORE_HTTPS_PORT", Invariant(secure.Allocated));
        }
        yield return ("LOGGING__CONSOLE__FORMATTERNAME", "simple");
        yield return ("OTEL_DOTNET_EXPERIMENTAL_OTLP_RETRY", "in_memory");
        yield return ("OTEL_SERVICE_NAME", resource.Name);
        yield return ("OTEL_RESOURCE_ATTRIBUTES", $"service.instance.id={resource.Name}");
        // Where somebody listens: what the caller says, or the dashboard that `./run` started.
        if (configuration["OTEL_EXPORTER_OTLP_ENDPOINT"] is not { Length: > 0 } endpoint)
        {
            yield break;
        }
        yield return ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint);
        yield return ("OTEL_EXPORTER_OTLP_PROTOCOL", configuration["OTEL_EXPORTER_OTLP_PROTOCOL"] ?? "grpc");
        yield return ("OTEL_BLRP_SCHEDULE_DELAY", "1000");
        yield return ("OTEL_BSP_SCHEDULE_DELAY", "1000");
        yield return ("OTEL_METRIC_EXPORT_INTERVAL", "1000");
        yield return ("OTEL_TRACES_SAMPLER", "always_on");
        if (configuration["OTEL_EXPORTER_OTLP_HEADERS"] is { Length: > 0 } headers)
        {
            yield return ("OTEL_EXPORTER_OTLP_HEADERS", headers);
        }
    }

    private static string Invariant(int? port) => port?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "";
}
