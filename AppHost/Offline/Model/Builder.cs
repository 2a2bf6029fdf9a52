using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting.ApplicationModel
{
    /// <summary>A resource on its way into the model.</summary>
    public interface IResourceBuilder<out T>
        where T : IResource
    {
        /// <summary>The application that it belongs to.</summary>
        IDistributedApplicationBuilder ApplicationBuilder { get; }

        /// <summary>The resource.</summary>
        T Resource { get; }

        /// <summary>Says something about the resource.</summary>
        IResourceBuilder<T> WithAnnotation<TAnnotation>(TAnnotation annotation)
            where TAnnotation : IResourceAnnotation;
    }

    internal sealed class ResourceBuilder<T>(IDistributedApplicationBuilder builder, T resource) : IResourceBuilder<T>
        where T : IResource
    {
        public IDistributedApplicationBuilder ApplicationBuilder { get; } = builder;
        public T Resource { get; } = resource;

        public IResourceBuilder<T> WithAnnotation<TAnnotation>(TAnnotation annotation)
            where TAnnotation : IResourceAnnotation
        {
            Resource.Annotations.Add(annotation);
            return this;
        }
    }
}

namespace Aspire.Hosting
{
    /// <summary>Run or publish. Offline only runs.</summary>
    public sealed class DistributedApplicationExecutionContext
    {
        /// <summary>Always true.</summary>
        public bool IsRunMode { get; } = true;

        /// <summary>Always false.</summary>
        public bool IsPublishMode { get; }
    }

    /// <summary>The model under construction.</summary>
    public interface IDistributedApplicationBuilder
    {
        /// <summary>Command line, then environment.</summary>
        ConfigurationManager Configuration { get; }

        /// <summary>The folder of AppHost.csproj.</summary>
        string AppHostDirectory { get; }

        /// <summary>Development or not.</summary>
        IHostEnvironment Environment { get; }

        /// <summary>Health checks are registered here.</summary>
        IServiceCollection Services { get; }

        /// <summary>Run or publish.</summary>
        DistributedApplicationExecutionContext ExecutionContext { get; }

        /// <summary>The resources so far.</summary>
        IReadOnlyList<IResource> Resources { get; }

        /// <summary>Adds a resource; its name is unique without regard to case.</summary>
        IResourceBuilder<T> AddResource<T>(T resource)
            where T : IResource;

        /// <summary>Ends the construction.</summary>
        DistributedApplication Build();
    }

    internal sealed partial class DistributedApplicationBuilder : IDistributedApplicationBuilder
    {
        private readonly HostApplicationBuilder host;
        private readonly List<IResource> resources = [];

        public DistributedApplicationBuilder(string[] args, string appHostDirectory)
        {
            host = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
            host.Configuration.AddEnvironmentVariables().AddCommandLine(args);
            host.Environment.EnvironmentName =
                host.Configuration["DOTNET_ENVIRONMENT"] ?? host.Configuration["ASPNETCORE_ENVIRONMENT"] ?? Environments.Production;
            AppHostDirectory = appHostDirectory;
        }

        public ConfigurationManager Configuration => host.Configuration;
        public string AppHostDirectory { get; }
        public IHostEnvironment Environment => host.Environment;
        public IServiceCollection Services => host.Services;
        public DistributedApplicationExecutionContext ExecutionContext { get; } = new();
        public IReadOnlyList<IResource> Resources => resources;

        public IResourceBuilder<T> AddResource<T>(T resource)
            where T : IResource
        {
            if (!Name().IsMatch(resource.Name) || resource.Name.Length > 64)
            {
                throw new ArgumentException($"'{resource.Name}' is no resource name: letters, digits, single hyphens.");
            }
            if (resources.Any(other => other.Name.Equals(resource.Name, StringComparison.OrdinalIgnoreCase)))
            {
                throw new InvalidOperationException($"There is a resource named '{resource.Name}' already.");
            }
            resources.Add(resource);
            return new ResourceBuilder<T>(this, resource);
        }

        public DistributedApplication Build() => new(host.Build(), this);

        [GeneratedRegex("^[A-Za-z](-?[A-Za-z0-9])*$")]
        private static partial Regex Name();
    }
}
