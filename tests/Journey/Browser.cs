using System.Net;
using System.Net.Http.Json;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace HealthDataNode.Journey;

/// <summary>
/// A person at one place (the Edge or a room's door): cookies, the issuer's own form, the anti-forgery header. Repeats
/// after a fault what is safe to repeat: reads, replacements, and acts that carry an Idempotency-Key.
/// </summary>
internal sealed partial class Browser : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private readonly HttpClient client;
    private string csrf = "";
    private (string Person, string Password)? who;

    public Browser(Uri place, X509Certificate2Collection trusted)
    {
        var handler = new SocketsHttpHandler
        {
            CookieContainer = new CookieContainer(),
            ConnectTimeout = TimeSpan.FromSeconds(5),
            SslOptions = new SslClientAuthenticationOptions
            {
                CertificateChainPolicy = new X509ChainPolicy
                {
                    TrustMode = X509ChainTrustMode.CustomRootTrust,
                    RevocationMode = X509RevocationMode.NoCheck,
                },
            },
        };
        handler.SslOptions.CertificateChainPolicy.CustomTrustStore.AddRange(trusted);
        client = new HttpClient(handler) { BaseAddress = place, Timeout = TimeSpan.FromSeconds(60) };
    }

    public async Task SignInAsync(string person, string password, CancellationToken cancellationToken)
    {
        who = (person, password);
        await RepeatAsync(() => TrySignInAsync(person, password, cancellationToken), cancellationToken);
    }

    public Task<JsonNode> GetAsync(string path, CancellationToken cancellationToken) =>
        ReadAsync(HttpMethod.Get, path, null, null, cancellationToken);

    /// <summary>What is no JSON, or is to be searched as a text.</summary>
    public Task<string> GetTextAsync(string path, CancellationToken cancellationToken) =>
        TextAsync(HttpMethod.Get, path, null, null, null, cancellationToken);

    public Task<JsonNode> PutAsync(string path, JsonNode body, CancellationToken cancellationToken) =>
        ReadAsync(HttpMethod.Put, path, body, null, cancellationToken);

    /// <summary>An act: sent with a fresh Idempotency-Key, so that it may be repeated after a fault.</summary>
    public Task<JsonNode> PostAsync(string path, JsonNode? body, CancellationToken cancellationToken, string? ifMatch = null) =>
        ReadAsync(HttpMethod.Post, path, body ?? new JsonObject(), Guid.NewGuid().ToString(), cancellationToken, ifMatch);

    /// <summary>The status alone, for what must be refused.</summary>
    public async Task<HttpStatusCode> StatusAsync(HttpMethod method, string path, JsonNode? body, CancellationToken cancellationToken)
    {
        using var response = await RepeatAsync(() => SendAsync(method, path, body, null, null, cancellationToken), cancellationToken);
        return response.StatusCode;
    }

    public void Dispose() => client.Dispose();

    private async Task<JsonNode> ReadAsync(
        HttpMethod method,
        string path,
        JsonNode? body,
        string? key,
        CancellationToken cancellationToken,
        string? ifMatch = null
    )
    {
        var text = await TextAsync(method, path, body, key, ifMatch, cancellationToken);
        return text.StartsWith('{') || text.StartsWith('[') ? JsonNode.Parse(text)! : new JsonObject();
    }

    private async Task<string> TextAsync(
        HttpMethod method,
        string path,
        JsonNode? body,
        string? key,
        string? ifMatch,
        CancellationToken cancellationToken
    )
    {
        var signedInAgain = false;
        while (true)
        {
            using var response = await RepeatAsync(() => SendAsync(method, path, body, key, ifMatch, cancellationToken), cancellationToken);
            if (response.StatusCode == HttpStatusCode.Unauthorized && !signedInAgain && who is var (person, password))
            {
                // The session ended under us (its refresh token may have been lost with a killed process).
                signedInAgain = true;
                await SignInAsync(person, password, cancellationToken);
                continue;
            }
            var text = await response.Content.ReadAsStringAsync(cancellationToken);
            return response.IsSuccessStatusCode
                ? text
                : throw new StepFailedException($"{method} {path} answered {(int)response.StatusCode}: {text}");
        }
    }

    private async Task<HttpResponseMessage> SendAsync(
        HttpMethod method,
        string path,
        JsonNode? body,
        string? key,
        string? ifMatch,
        CancellationToken cancellationToken
    )
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null)
        {
            request.Content = JsonContent.Create(body);
        }
        if (method != HttpMethod.Get)
        {
            request.Headers.Add("X-CSRF", csrf);
        }
        if (key is not null)
        {
            request.Headers.Add("Idempotency-Key", key);
        }
        if (ifMatch is not null)
        {
            request.Headers.Add("If-Match", ifMatch);
        }
        return await client.SendAsync(request, cancellationToken);
    }

    private async Task<HttpResponseMessage> TrySignInAsync(string person, string password, CancellationToken cancellationToken)
    {
        using var form = await client.GetAsync("/signin?returnUrl=/session", cancellationToken);
        if ((int)form.StatusCode >= 500)
        {
            return new HttpResponseMessage(form.StatusCode);
        }
        var page = await form.Content.ReadAsStringAsync(cancellationToken);
        if (FormAction().Match(page) is { Success: true } action)
        {
            var fields = HiddenFields(page);
            fields["username"] = person;
            fields["password"] = password;
            var target = new Uri(form.RequestMessage!.RequestUri!, WebUtility.HtmlDecode(action.Groups[1].Value));
            using var content = new FormUrlEncodedContent(fields);
            using var answer = await client.PostAsync(target, content, cancellationToken);
            if ((int)answer.StatusCode >= 500)
            {
                return new HttpResponseMessage(answer.StatusCode);
            }
        }
        var session = await client.GetAsync("/session", cancellationToken);
        if (session.IsSuccessStatusCode)
        {
            var node = JsonNode.Parse(await session.Content.ReadAsStringAsync(cancellationToken))!;
            csrf = (string?)node["csrf"] ?? "";
            return session;
        }
        if (session.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden)
        {
            throw new StepFailedException($"{person} could not sign in at {client.BaseAddress}.");
        }
        return session;
    }

    private static Dictionary<string, string> HiddenFields(string page) =>
        Input()
            .Matches(page)
            .Select(match =>
                (Name: Attribute(match.Value, "name"), Type: Attribute(match.Value, "type"), Value: Attribute(match.Value, "value"))
            )
            .Where(input => input is { Name: not null, Type: "hidden" })
            .ToDictionary(input => input.Name!, input => WebUtility.HtmlDecode(input.Value ?? ""));

    private static string? Attribute(string element, string name) =>
        Regex.Match(element, $"\\b{name}\\s*=\\s*\"([^\"]*)\"", RegexOptions.IgnoreCase) is { Success: true } match
            ? match.Groups[1].Value
            : null;

    /// <summary>Repeats until it answers with something else than a fault on the way, or patience ends.</summary>
    private static async Task<HttpResponseMessage> RepeatAsync(Func<Task<HttpResponseMessage>> send, CancellationToken cancellationToken)
    {
        var until = DateTime.UtcNow + Patience;
        while (true)
        {
            string fault;
            try
            {
                var response = await send();
                if ((int)response.StatusCode is not (500 or 502 or 503 or 504 or 429))
                {
                    return response;
                }
                if (DateTime.UtcNow > until)
                {
                    return response;
                }
                fault = $"{(int)response.StatusCode}";
                response.Dispose();
            }
            catch (Exception exception)
                when (exception is HttpRequestException or IOException
                    || exception is TaskCanceledException && !cancellationToken.IsCancellationRequested
                )
            {
                if (DateTime.UtcNow > until)
                {
                    throw new StepFailedException($"Nobody answers: {exception.Message}");
                }
                fault = exception.GetType().Name;
            }
            Console.Error.WriteLine($"repeating after {fault}");
            await Task.Delay(TimeSpan.FromMilliseconds(500), cancellationToken);
        }
    }

    [GeneratedRegex("<form[^>]*\\baction\\s*=\\s*\"([^\"]*)\"", RegexOptions.IgnoreCase)]
    private static partial Regex FormAction();

    [GeneratedRegex("<input\\b[^>]*>", RegexOptions.IgnoreCase)]
    private static partial Regex Input();
}
