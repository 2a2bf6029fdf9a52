using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using HealthDataNode.DevelopmentIssuer;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace HealthDataNode.Services.Tests.Identity;

/// <summary>The development issuer as it runs: HTTPS on a port of its own, state in the test's PostgreSQL.</summary>
[SuppressMessage("Security", "CA5359", Justification = "The certificate was made for this test a moment ago.")]
public sealed partial class RunningIssuer : IAsyncDisposable
{
    private const string Protocol = "/realms/health-data-node/protocol/openid-connect/";

    private readonly string directory;
    private readonly string database;
    private WebApplication? app;

    private RunningIssuer(string directory, string database, int port, TestRealm realm)
    {
        (this.directory, this.database, Realm) = (directory, database, realm);
        Server = new Uri($"https://localhost:{port}");
    }

    public Uri Server { get; }

    public IServiceProvider Services => app!.Services;

    public string Data => Path.Combine(directory, "data");

    public TestRealm Realm { get; }

    public string Name => $"{Server.AbsoluteUri.TrimEnd('/')}/realms/health-data-node";

    public string CertificatePath => Path.Combine(directory, "tls.pem");

    public string KeyPath => Path.Combine(directory, "tls.key");

    public static async Task<RunningIssuer> StartAsync(PostgresFixture postgres, string? edge = null, string? door = null)
    {
        var directory = Directory.CreateTempSubdirectory("hdn-issuer-").FullName;
        var issuer = new RunningIssuer(
            directory,
            await postgres.CreateDatabaseAsync("issuer"),
            PostgresFixture.FreePort(),
            new TestRealm(edge, door)
        );
        await File.WriteAllTextAsync(Path.Combine(directory, "realm.json"), issuer.Realm.Json);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow, DateTimeOffset.UtcNow.AddDays(1));
        await File.WriteAllTextAsync(issuer.CertificatePath, certificate.ExportCertificatePem());
        await File.WriteAllTextAsync(issuer.KeyPath, key.ExportPkcs8PrivateKeyPem());
        await issuer.RunAsync();
        return issuer;
    }

    public async Task RestartAsync()
    {
        await StopAsync();
        await RunAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        Directory.Delete(directory, recursive: true);
    }

    /// <summary>A client with cookies of its own that follows no redirect by itself.</summary>
    public HttpClient Browser(bool cookies = true) =>
        new(
            new HttpClientHandler
            {
                AllowAutoRedirect = false,
                UseCookies = cookies,
                ServerCertificateCustomValidationCallback = (_, _, _, _) => true,
            }
        )
        {
            BaseAddress = Server,
        };

    public static Uri Endpoint(string name) => new(Protocol + name, UriKind.Relative);

    /// <summary>A client assertion; what a test wants otherwise it changes in <paramref name="change"/>.</summary>
    public string Assertion(
        string client,
        Action<Dictionary<string, object>>? change = null,
        ECDsa? key = null,
        string typ = "client-authentication+jwt"
    )
    {
        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        var claims = new Dictionary<string, object>
        {
            ["iss"] = client,
            ["sub"] = client,
            ["aud"] = Name,
            ["jti"] = Guid.NewGuid().ToString(),
            ["iat"] = now,
            ["exp"] = now + 60,
        };
        change?.Invoke(claims);
        return new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }.CreateToken(
            JsonSerializer.Serialize(claims),
            new SigningCredentials(new ECDsaSecurityKey(key ?? Realm.KeyOf(client)), SecurityAlgorithms.EcdsaSha256),
            new Dictionary<string, object> { ["typ"] = typ }
        );
    }

    /// <summary>Posts to an endpoint as <paramref name="client"/>, which proves itself by an assertion.</summary>
    public async Task<(HttpStatusCode Status, JsonElement Body)> PostAsync(
        string endpoint,
        string client,
        Dictionary<string, string> form,
        string? assertion = null
    )
    {
        using var http = Browser();
        var all = new Dictionary<string, string>(form)
        {
            ["client_id"] = client,
            ["client_assertion_type"] = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            ["client_assertion"] = assertion ?? Assertion(client),
        };
        using var content = new FormUrlEncodedContent(all);
        using var response = await http.PostAsync(Endpoint(endpoint), content, TestContext.Current.CancellationToken);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        return (response.StatusCode, text.Length == 0 ? default : JsonSerializer.Deserialize<JsonElement>(text));
    }

    public Task<(HttpStatusCode Status, JsonElement Body)> MachineTokenAsync(string client, string scope, string? assertion = null) =>
        PostAsync("token", client, new() { ["grant_type"] = "client_credentials", ["scope"] = scope }, assertion);

    /// <summary>Pushes an authorization request; returns the address that a browser is sent to, and the verifier.</summary>
    public async Task<(Uri Address, string Verifier)> PushAsync(string scope)
    {
        var verifier = Base64UrlEncoder.Encode(RandomNumberGenerator.GetBytes(32));
        var (status, body) = await PostAsync("ext/par/request", "edge", PushForm(scope, verifier));
        Assert.Equal(HttpStatusCode.Created, status);
        var uri = Uri.EscapeDataString(body.GetProperty("request_uri").GetString()!);
        return (new Uri($"{Endpoint("auth")}?client_id=edge&request_uri={uri}", UriKind.Relative), verifier);
    }

    public static Dictionary<string, string> PushForm(string scope, string verifier) =>
        new()
        {
            ["response_type"] = "code",
            ["redirect_uri"] = "https://localhost:1/signin-oidc",
            ["scope"] = scope,
            ["state"] = "state",
            ["nonce"] = "nonce",
            ["code_challenge"] = Base64UrlEncoder.Encode(SHA256.HashData(Encoding.ASCII.GetBytes(verifier))),
            ["code_challenge_method"] = "S256",
        };

    /// <summary>Opens the address, fills in the form, and returns where the browser is sent at the end.</summary>
    public async Task<Uri> SignInAsync(HttpClient browser, Uri address, string username, string? password = null)
    {
        using var opened = await browser.GetAsync(new Uri(Server, address), TestContext.Current.CancellationToken);
        var form = new Uri(Server, opened.Headers.Location!);
        if (form.Authority != Server.Authority)
        {
            return form;
        }

        using var submitted = await SubmitAsync(browser, form, username, password ?? Realm.PasswordOf(username));
        if (submitted.StatusCode != HttpStatusCode.Redirect)
        {
            throw new HttpRequestException("The form was refused.", null, submitted.StatusCode);
        }

        using var authorized = await browser.GetAsync(new Uri(Server, submitted.Headers.Location!), TestContext.Current.CancellationToken);
        return authorized.Headers.Location!;
    }

    public static async Task<HttpResponseMessage> SubmitAsync(HttpClient browser, Uri form, string username, string password)
    {
        var html = await browser.GetStringAsync(form, TestContext.Current.CancellationToken);
        var hidden = Hidden().Match(html);
        using var content = new FormUrlEncodedContent(
            new Dictionary<string, string>
            {
                [hidden.Groups[1].Value] = WebUtility.HtmlDecode(hidden.Groups[2].Value),
                ["username"] = username,
                ["password"] = password,
            }
        );
        return await browser.PostAsync(form, content, TestContext.Current.CancellationToken);
    }

    /// <summary>All the way through the form to tokens.</summary>
    public async Task<JsonElement> PersonTokensAsync(HttpClient browser, string username, string scope)
    {
        var (address, verifier) = await PushAsync(scope);
        var redirect = await SignInAsync(browser, address, username);
        var (status, body) = await RedeemAsync(redirect, verifier);
        Assert.Equal(HttpStatusCode.OK, status);
        return body;
    }

    public Task<(HttpStatusCode Status, JsonElement Body)> RedeemAsync(Uri redirect, string verifier) =>
        PostAsync(
            "token",
            "edge",
            new()
            {
                ["grant_type"] = "authorization_code",
                ["code"] = Code().Match(redirect.Query).Groups[1].Value,
                ["redirect_uri"] = "https://localhost:1/signin-oidc",
                ["code_verifier"] = verifier,
            }
        );

    public Task<(HttpStatusCode Status, JsonElement Body)> RefreshAsync(string refreshToken, string? scope = null)
    {
        var form = new Dictionary<string, string> { ["grant_type"] = "refresh_token", ["refresh_token"] = refreshToken };
        if (scope is not null)
        {
            form["scope"] = scope;
        }

        return PostAsync("token", "edge", form);
    }

    [GeneratedRegex("<input type=\"hidden\" name=\"([^\"]+)\" value=\"([^\"]+)\"")]
    private static partial Regex Hidden();

    [GeneratedRegex("[?&]code=([^&]+)")]
    private static partial Regex Code();

    private async Task RunAsync()
    {
        app = Issuer.Build([
            $"--urls={Server.AbsoluteUri.TrimEnd('/')}",
            $"--Keycloak:AuthServerUrl={Server.AbsoluteUri}",
            $"--Realm:File={Path.Combine(directory, "realm.json")}",
            $"--Data:Directory={Data}",
            $"--ConnectionStrings:issuer={database}",
            $"--Kestrel:Certificates:Default:Path={CertificatePath}",
            $"--Kestrel:Certificates:Default:KeyPath={KeyPath}",
            "--Logging:LogLevel:Default=Warning",
            "--Logging:LogLevel:Microsoft.AspNetCore.DataProtection=Error", // the ring is not encrypted in tests
            "--environment=Production",
        ]);
        await app.StartAsync();
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
}
