using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using HealthDataNode.Edge;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace HealthDataNode.Services.Tests.Identity;

/// <summary>The Edge as it runs, in front of one program that answers with what it was asked.</summary>
[SuppressMessage("Security", "CA5359", Justification = "The certificate was made for this test a moment ago.")]
public sealed class RunningEdge : IAsyncDisposable
{
    private readonly string directory = Directory.CreateTempSubdirectory("hdn-edge-").FullName;
    private readonly int echoPort = PostgresFixture.FreePort();
    private readonly int echoH2cPort = PostgresFixture.FreePort();
    private string database = "";
    private WebApplication? echo;
    private WebApplication? app;

    private RunningEdge(Uri address) => Address = address;

    public Uri Address { get; }

    public required RunningIssuer Issuer { get; init; }

    public static async Task<RunningEdge> StartAsync(PostgresFixture postgres)
    {
        var address = new Uri($"https://localhost:{PostgresFixture.FreePort()}");
        var edge = new RunningEdge(address)
        {
            Issuer = await RunningIssuer.StartAsync(postgres, address.AbsoluteUri.TrimEnd('/')),
            database = await postgres.CreateDatabaseAsync("edge"),
        };
        await File.WriteAllTextAsync(
            Path.Combine(edge.directory, "client.pem"),
            edge.Issuer.Realm.KeyOf("edge").ExportPkcs8PrivateKeyPem()
        );
        await edge.RunEchoAsync();
        await edge.RunAsync();
        return edge;
    }

    public async Task RestartAsync()
    {
        await StopAsync();
        await RunAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await echo!.DisposeAsync();
        await Issuer.DisposeAsync();
        Directory.Delete(directory, recursive: true);
    }

    /// <summary>A browser: keeps cookies, follows no redirect by itself.</summary>
    public HttpClient Browser() => new(Insecure()) { BaseAddress = Address };

    /// <summary>A browser in which somebody has signed in through the issuer's form, and the anti-forgery token.</summary>
    public async Task<(HttpClient Browser, string Csrf)> SignInAsync(string username)
    {
        var browser = Browser();
        await SignInAsync(browser, username);
        var session = await browser.GetFromJsonAsync<JsonElement>("/session", TestContext.Current.CancellationToken);
        return (browser, session.GetProperty("csrf").GetString()!);
    }

    public async Task<HttpResponseMessage> SignInAsync(HttpClient browser, string username, string returnUrl = "/")
    {
        using var challenge = await browser.GetAsync(
            $"/signin?returnUrl={Uri.EscapeDataString(returnUrl)}",
            TestContext.Current.CancellationToken
        );
        Assert.Equal(HttpStatusCode.Redirect, challenge.StatusCode);
        var callback = await Issuer.SignInAsync(browser, challenge.Headers.Location!, username);
        return await browser.GetAsync(callback, TestContext.Current.CancellationToken);
    }

    private static HttpClientHandler Insecure() =>
        new() { AllowAutoRedirect = false, ServerCertificateCustomValidationCallback = (_, _, _, _) => true };

    private async Task RunAsync()
    {
        string[] services = ["catalogue", "permit", "speregistry", "gateway", "audit", "pseudonymisation"];
        app = EdgeHost.Build(
            [
                $"--urls={Address.AbsoluteUri.TrimEnd('/')}",
                $"--Keycloak:AuthServerUrl={Issuer.Server.AbsoluteUri}",
                "--Keycloak:Realm=health-data-node",
                "--Keycloak:Resource=edge",
                $"--Party:Keys={directory}",
                $"--Data:Directory={Path.Combine(directory, "data")}",
                $"--ConnectionStrings:edge={database}",
                $"--Kestrel:Certificates:Default:Path={Issuer.CertificatePath}",
                $"--Kestrel:Certificates:Default:KeyPath={Issuer.KeyPath}",
                .. services.Select(service => $"--services:{service}:http:0=http://localhost:{echoPort}"),
                $"--services:pseudonymisation:h2c:0=http://localhost:{echoH2cPort}",
                "--Logging:LogLevel:Default=Warning",
                "--Logging:LogLevel:Microsoft.AspNetCore.DataProtection=Error", // the ring is not encrypted in tests
                "--environment=Production",
            ],
            configured =>
            {
                configured.Configure<OpenIdConnectOptions>(EdgeSchemes.Issuer, options => options.BackchannelHttpHandler = Insecure());
                configured.Configure<JwtBearerOptions>(
                    JwtBearerDefaults.AuthenticationScheme,
                    options => options.BackchannelHttpHandler = Insecure()
                );
            }
        );
        await app.StartAsync();
    }

    private async Task RunEchoAsync()
    {
        var builder = WebApplication.CreateBuilder(["--environment=Production"]);
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.ListenLocalhost(echoPort);
            kestrel.ListenLocalhost(echoH2cPort, listen => listen.Protocols = HttpProtocols.Http2);
        });
        echo = builder.Build();
        echo.Map("/v1/created", () => Results.Created("/v1/orders/1/parts/2", null));
        echo.Map("/{**path}", (Delegate)EchoAsync);
        await echo.StartAsync();
    }

    private static async Task<IResult> EchoAsync(HttpContext context)
    {
        var bytes = 0L;
        var buffer = new byte[64 * 1024];
        for (int read; (read = await context.Request.Body.ReadAsync(buffer)) > 0; bytes += read) { }

        var headers = context.Request.Headers;
        return Results.Json(
            new
            {
                path = context.Request.Path.Value,
                protocol = context.Request.Protocol,
                authorization = headers.Authorization.ToString(),
                cookie = headers.Cookie.ToString(),
                traceparent = headers.TraceParent.ToString(),
                bytes,
            }
        );
    }

    private async Task StopAsync()
    {
        if (app is not null)
        {
            await app.StopAsync();
            await app.DisposeAsync();
        }
    }
}
