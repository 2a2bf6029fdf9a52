using System.Net.Http.Headers;
using System.Security.Claims;
using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Trust;
using HealthDataNode.ReferenceSpe;
using HealthDataNode.ReferenceSpe.Identity;
using HealthDataNode.ReferenceSpe.Ingress;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace HealthDataNode.Services.Tests.ReferenceSpe;

/// <summary>The SPE on Kestrel with a root of trust, keys of all parties and a directory of its own; killed and started
/// again at will.</summary>
internal sealed class SpeWorld : IAsyncDisposable
{
    public const string Spe = "referencespe";
    public const string Nora = "5b0f5a6e-0000-4000-8000-00000000000a";
    public const string Ivar = "5b0f5a6e-0000-4000-8000-00000000000b";

    private readonly string directory = Directory.CreateTempSubdirectory("hdn-spe-").FullName;
    private readonly TestTrust trust = new();
    private readonly Dictionary<string, DocumentSigner> signers = [];
    private WebApplication? app;

    public SpeWorld()
    {
        foreach (
            var (party, use) in new[]
            {
                ("permit", KeyUses.Permit),
                ("gateway", KeyUses.Gateway),
                ("pseudonymisation", KeyUses.Pseudonymisation),
                ("cancerregistry", KeyUses.Holder),
                (Spe, KeyUses.Spe),
                ("otherspe", KeyUses.Spe),
                ("speregistry", KeyUses.SpeRegistry),
            }
        )
        {
            signers[party] = trust.Enrol(party, use);
        }

        using var client = SigningKey.LoadOrCreate(ClientKey);
        Node = new FakeNode(SignerOf("permit"), SignerOf("speregistry"));
        Trust = trust.Store();
    }

    public FakeNode Node { get; }

    public TrustStore Trust { get; }

    /// <summary>Anything else about the SPE, before it is built.</summary>
    public Action<WebApplicationBuilder>? Configure { get; set; }

    /// <summary>A party has a new key, and the one before has ended.</summary>
    public void Replace(string party, string use) => signers[party] = trust.Replace(signers[party], use);

    /// <summary>The program: the SPE, or the airlock by itself.</summary>
    public Func<string[], Action<WebApplicationBuilder>, WebApplication> Build { get; init; } = ReferenceSpeHost.Build;

    /// <summary>A party's key directory.</summary>
    public string KeysOf(string party) => trust.KeysOf(party);

    /// <summary>Whom every party trusts: statements and root.</summary>
    public IReadOnlyDictionary<string, string> Settings => trust.Settings;

    /// <summary>Where its key for the issuer lies.</summary>
    public string ClientKey => Path.Combine(trust.KeysOf(Spe), "client.pem");

    /// <summary>DIR/spe.</summary>
    public string Data => Path.Combine(directory, "spe");

    /// <summary>The SPE's newest encryption key, as it signed it.</summary>
    public SpeKey EncryptionKey => Trust.Verify<SpeKey>(File.ReadAllText(Path.Combine(trust.KeysOf(Spe), "encryption-1.jws"))).Payload;

    public IServiceProvider Services => app!.Services;

    public Uri Address => new(app!.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

    public DocumentSigner SignerOf(string party) => signers[party];

    public async Task StartAsync(bool opens = true, params (string Key, string Value)[] settings)
    {
        Dictionary<string, string> all = new()
        {
            ["urls"] = "http://127.0.0.1:0",
            ["environment"] = "Production",
            ["Party:Id"] = Spe,
            ["Party:Keys"] = trust.KeysOf(Spe),
            ["Keycloak:AuthServerUrl"] = TestTokens.AuthServerUrl,
            ["Keycloak:Realm"] = TestTokens.Realm,
            ["Node:Edge"] = "https://localhost:8",
            ["Door:Url"] = "https://localhost:7",
            ["Data:Directory"] = Data,
        };
        foreach (var (key, value) in trust.Settings.Select(setting => (setting.Key, setting.Value)).Concat(settings))
        {
            all[key] = value;
        }

        app = Build(
            [.. all.Select(setting => $"--{setting.Key}={setting.Value}")],
            builder =>
            {
                builder.Logging.ClearProviders();
                foreach (
                    var name in (string[])
                        ["issuer", "node-permit", "node-audit", "node-gateway", "node-speregistry", "node-pseudonymisation"]
                )
                {
                    builder.Services.AddHttpClient(name).ConfigurePrimaryHttpMessageHandler(() => new Shared(Node));
                }

                TestTokens.Trust(builder.Services);
                Configure?.Invoke(builder);
                if (!opens)
                {
                    builder.Services.Remove(builder.Services.Single(s => s.ImplementationType == typeof(OpenDeliveries)));
                }
            }
        );
        try
        {
            await app.StartAsync();
        }
        catch
        {
            await app.DisposeAsync();
            app = null;
            throw;
        }

        if (Build == ReferenceSpeHost.Build)
        {
            await UntilAsync("it has registered", () => !Node.Registrations.IsEmpty);
        }
    }

    public async Task StopAsync()
    {
        if (app is not null)
        {
            await app.StopAsync();
            await app.DisposeAsync();
            app = null;
        }
    }

    /// <summary>Gateway, or another machine.</summary>
    public HttpClient Machine(string party = "gateway", string audience = Spe)
    {
        var client = new HttpClient { BaseAddress = Address };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue(
            "Bearer",
            TestTokens.For(audience, $"service-{party}", [], party: party)
        );
        return client;
    }

    /// <summary>A person who has signed in, with the anti-forgery header.</summary>
    public async Task<HttpClient> PersonAsync(string sub, bool csrf = true, string? role = null, string? authority = null)
    {
        var client = new HttpClient { BaseAddress = Address };
        var (cookie, token) = await Sessions.SignInAsync(Services, sub, role, authority);
        client.DefaultRequestHeaders.Add("Cookie", cookie);
        if (csrf)
        {
            client.DefaultRequestHeaders.Add(Csrf.Header, token);
        }

        return client;
    }

    public static async Task UntilAsync(string what, Func<bool> holds, int seconds = 30)
    {
        var until = DateTime.UtcNow.AddSeconds(seconds);
        while (!holds())
        {
            Assert.True(DateTime.UtcNow < until, $"Waited in vain until {what}.");
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        foreach (var signer in signers.Values)
        {
            signer.Dispose();
        }

        trust.Dispose();
        Directory.Delete(directory, recursive: true);
    }

    // The factory disposes its handlers; the node outlives them.
    private sealed class Shared(HttpMessageHandler node) : HttpMessageHandler
    {
        private readonly HttpMessageInvoker invoker = new(node, disposeHandler: false);

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            invoker.SendAsync(request, cancellationToken);

        protected override void Dispose(bool disposing)
        {
            invoker.Dispose();
            base.Dispose(disposing);
        }
    }

    /// <summary>A session as the sign-in's end makes it, without an issuer.</summary>
    private static class Sessions
    {
        public static async Task<(string Cookie, string Csrf)> SignInAsync(
            IServiceProvider services,
            string sub,
            string? role,
            string? authority
        )
        {
            var properties = new AuthenticationProperties
            {
                IssuedUtc = DateTimeOffset.UtcNow,
                ExpiresUtc = DateTimeOffset.UtcNow.AddHours(1),
            };
            Csrf.Begin(properties);
            var principal = new ClaimsPrincipal(
                new ClaimsIdentity(
                    new[] { ("sub", sub), ("role", role), ("authority", authority) }
                        .Where(claim => claim.Item2 is not null)
                        .Select(claim => new Claim(claim.Item1, claim.Item2!)),
                    "test",
                    "sub",
                    "role"
                )
            );
            var key = await services
                .GetRequiredService<SessionStore>()
                .StoreAsync(new AuthenticationTicket(principal, properties, Schemes.Session));
            var options = services.GetRequiredService<IOptionsMonitor<CookieAuthenticationOptions>>().Get(Schemes.Session);
            var session = new ClaimsPrincipal(
                new ClaimsIdentity([new Claim("Microsoft.AspNetCore.Authentication.Cookies-SessionId", key)], Schemes.Session)
            );
            var value = options.TicketDataFormat.Protect(
                new AuthenticationTicket(session, new AuthenticationProperties(), Schemes.Session)
            );
            return ($"{options.Cookie.Name}={value}", Csrf.Of(properties)!);
        }
    }
}
