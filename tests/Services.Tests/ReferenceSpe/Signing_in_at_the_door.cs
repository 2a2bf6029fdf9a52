using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using HealthDataNode.ReferenceSpe.Identity;
using HealthDataNode.Services.Tests.Identity;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.Extensions.DependencyInjection;

namespace HealthDataNode.Services.Tests.ReferenceSpe;

/// <summary>The door with a real issuer: code, PKCE, PAR and <c>private_key_jwt</c>, through the issuer's own form.</summary>
[SuppressMessage("Security", "CA5359", Justification = "The certificate was made for this test a moment ago.")]
public sealed class Signing_in_at_the_door(PostgresFixture postgres) : IAsyncLifetime
{
    private readonly SpeWorld world = new();
    private readonly Uri door = new($"https://localhost:{PostgresFixture.FreePort()}");
    private RunningIssuer issuer = null!;

    public async ValueTask InitializeAsync()
    {
        issuer = await RunningIssuer.StartAsync(postgres, door: door.AbsoluteUri.TrimEnd('/'));
        await File.WriteAllTextAsync(world.ClientKey, issuer.Realm.KeyOf(SpeWorld.Spe).ExportPkcs8PrivateKeyPem());
        world.Configure = builder =>
            builder.Services.Configure<OpenIdConnectOptions>(Schemes.Issuer, options => options.BackchannelHttpHandler = Insecure());
        await world.StartAsync(
            true,
            ("urls", door.AbsoluteUri.TrimEnd('/')),
            ("Door:Url", door.AbsoluteUri),
            ("Keycloak:AuthServerUrl", issuer.Server.AbsoluteUri),
            ("Kestrel:Certificates:Default:Path", issuer.CertificatePath),
            ("Kestrel:Certificates:Default:KeyPath", issuer.KeyPath)
        );
    }

    public async ValueTask DisposeAsync()
    {
        await world.DisposeAsync();
        await issuer.DisposeAsync();
    }

    [Fact]
    public async Task Begins_a_session_of_the_persons_own()
    {
        using var browser = Browser();
        using var signedIn = await SignInAsync(browser, "nora.researcher", "/session");
        Assert.Equal("/session", signedIn.Headers.Location?.OriginalString);
        var session = await browser.GetFromJsonAsync<JsonElement>("/session", TestContext.Current.CancellationToken);
        Assert.Matches("^[0-9a-f-]{36}$", session.GetProperty("sub").GetString());
        Assert.Equal(2, session.EnumerateObject().Count());
        Assert.DoesNotContain(signedIn.Headers.GetValues("Set-Cookie"), cookie => cookie.Length > 1024);
        Assert.Contains(
            signedIn.Headers.GetValues("Set-Cookie"),
            cookie =>
                cookie.StartsWith("__Host-referencespe-", StringComparison.Ordinal)
                && cookie.Contains("secure", StringComparison.Ordinal)
                && cookie.Contains("httponly", StringComparison.Ordinal)
        );
    }

    [Fact]
    public async Task Ends_it_at_the_issuer_too()
    {
        using var browser = Browser();
        (await SignInAsync(browser, "nora.researcher", "/")).Dispose();
        var session = await browser.GetFromJsonAsync<JsonElement>("/session", TestContext.Current.CancellationToken);
        browser.DefaultRequestHeaders.Add("X-CSRF", session.GetProperty("csrf").GetString());
        using var signedOut = await browser.PostAsync(new Uri("/signout", UriKind.Relative), null, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.NoContent, signedOut.StatusCode);
        using var challenge = await browser.GetAsync(new Uri("/signin", UriKind.Relative), TestContext.Current.CancellationToken);
        using var asked = await browser.GetAsync(challenge.Headers.Location, TestContext.Current.CancellationToken);

        // The issuer shows its form again instead of sending the browser straight back.
        Assert.Equal(issuer.Server.Authority, new Uri(issuer.Server, asked.Headers.Location!).Authority);
    }

    [Theory]
    [InlineData("https://example.com/")]
    [InlineData("//example.com/")]
    [InlineData("/\\example.com/")]
    public async Task Leads_nowhere_else(string returnUrl)
    {
        using var browser = Browser();
        using var answer = await browser.GetAsync(
            new Uri($"/signin?returnUrl={Uri.EscapeDataString(returnUrl)}", UriKind.Relative),
            TestContext.Current.CancellationToken
        );
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
    }

    [Fact]
    public async Task Needs_an_answer_that_this_browser_asked_for()
    {
        using var browser = Browser();
        using var answer = await browser.GetAsync(
            new Uri("/signin-oidc?code=somebody-elses&state=x", UriKind.Relative),
            TestContext.Current.CancellationToken
        );
        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
    }

    private async Task<HttpResponseMessage> SignInAsync(HttpClient browser, string person, string returnUrl)
    {
        using var challenge = await browser.GetAsync(
            new Uri($"/signin?returnUrl={Uri.EscapeDataString(returnUrl)}", UriKind.Relative),
            TestContext.Current.CancellationToken
        );
        Assert.Equal(HttpStatusCode.Redirect, challenge.StatusCode);
        var callback = await issuer.SignInAsync(browser, challenge.Headers.Location!, person);
        return await browser.GetAsync(callback, TestContext.Current.CancellationToken);
    }

    private HttpClient Browser() => new(Insecure()) { BaseAddress = door };

    private static HttpClientHandler Insecure() =>
        new() { AllowAutoRedirect = false, ServerCertificateCustomValidationCallback = (_, _, _, _) => true };
}
