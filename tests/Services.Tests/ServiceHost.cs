using System.Net.Http.Headers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace HealthDataNode.Services.Tests;

/// <summary>
/// One service of the node on Kestrel at a free port, with a real database and tokens of <see cref="TestTokens"/>.
/// There is no broker: its events stay in the outbox, where a test reads them.
/// </summary>
internal sealed class ServiceHost : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly string audience;
    private readonly List<HttpClient> clients = [];

    private ServiceHost(WebApplication app, string audience)
    {
        this.app = app;
        this.audience = audience;
        Address = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        Anonymous = Client();
    }

    /// <summary>Where it listens.</summary>
    public Uri Address { get; }

    /// <summary>A client without a token.</summary>
    public HttpClient Anonymous { get; }

    /// <summary>The service's own container.</summary>
    public IServiceProvider Services => app.Services;

    /// <summary>Builds and starts it.</summary>
    /// <param name="build">The service's <c>XHost.Build</c>.</param>
    /// <param name="service">Its name, which is its audience and database name too.</param>
    /// <param name="settings">Configuration: connection strings, <c>Party:Keys</c>, addresses of neighbours, ...</param>
    /// <param name="time">Its clock where the test moves it; tokens keep real time.</param>
    /// <param name="configure">Anything else, last.</param>
    public static async Task<ServiceHost> StartAsync(
        Func<string[], Action<WebApplicationBuilder>?, WebApplication> build,
        string service,
        IEnumerable<KeyValuePair<string, string>> settings,
        TimeProvider? time = null,
        Action<WebApplicationBuilder>? configure = null
    )
    {
        // As arguments, so that a service may read them while it is being built.
        Dictionary<string, string> all = new()
        {
            ["urls"] = "http://127.0.0.1:0",
            ["Keycloak:AuthServerUrl"] = TestTokens.AuthServerUrl,
            ["Keycloak:Realm"] = TestTokens.Realm,
            ["Keycloak:Resource"] = service,
            ["ConnectionStrings:rabbitmq"] = "amqp://127.0.0.1:1",
        };
        foreach (var (key, value) in settings)
        {
            all[key] = value;
        }
        var app = build(
            [.. all.Select(setting => $"--{setting.Key}={setting.Value}")],
            builder =>
            {
                builder.Logging.ClearProviders();
                TestTokens.Trust(builder.Services);
                if (time is not null)
                {
                    builder.Services.AddSingleton(time);
                }
                configure?.Invoke(builder);
            }
        );
        await app.StartAsync();
        return new ServiceHost(app, service);
    }

    /// <summary>A client of a person, or of a machine where <paramref name="party"/> is named.</summary>
    public HttpClient As(string sub, string[] roles, string? org = null, string? authority = null, string? party = null) =>
        With(TestTokens.For(audience, sub, roles, org, authority, party));

    /// <summary>A client with any token.</summary>
    public HttpClient With(string token)
    {
        var client = Client();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return client;
    }

    public async ValueTask DisposeAsync()
    {
        clients.ForEach(client => client.Dispose());
        await app.StopAsync();
        await app.DisposeAsync();
    }

    private HttpClient Client()
    {
        var client = new HttpClient { BaseAddress = Address };
        clients.Add(client);
        return client;
    }
}
