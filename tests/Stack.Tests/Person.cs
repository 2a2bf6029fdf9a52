using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace HealthDataNode.Stack.Tests;

/// <summary>A person with a session at the Edge, signed in through the issuer's own form.</summary>
internal sealed partial class Person : IDisposable
{
    private Person(HttpClient browser, string csrf) => (Browser, Csrf) = (browser, csrf);

    public HttpClient Browser { get; }

    public string Csrf { get; }

    public static async Task<Person> SignInAsync(HttpClient browser, string name, string password)
    {
        var cancellation = TestContext.Current.CancellationToken;
        using var form = await browser.GetAsync("/signin?returnUrl=/session", cancellation);
        var page = await form.Content.ReadAsStringAsync(cancellation);
        var fields = Hidden()
            .Matches(page)
            .ToDictionary(field => field.Groups["name"].Value, field => WebUtility.HtmlDecode(field.Groups["value"].Value));
        fields["username"] = name;
        fields["password"] = password;
        var action = WebUtility.HtmlDecode(Action().Match(page).Groups[1].Value);
        using var content = new FormUrlEncodedContent(fields);
        using var answer = await browser.PostAsync(new Uri(form.RequestMessage!.RequestUri!, action), content, cancellation);
        var session = await browser.GetFromJsonAsync<JsonNode>("/session", cancellation);
        return new(browser, (string)session!["csrf"]!);
    }

    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, object? body, string? csrf)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        if (csrf is not null)
        {
            request.Headers.Add("X-CSRF", csrf);
        }
        return await Browser.SendAsync(request, TestContext.Current.CancellationToken);
    }

    public void Dispose() => Browser.Dispose();

    [GeneratedRegex("<form[^>]*\\baction=\"([^\"]*)\"")]
    private static partial Regex Action();

    [GeneratedRegex("<input(?=[^>]*type=\"hidden\")(?=[^>]*name=\"(?<name>[^\"]*)\")(?=[^>]*value=\"(?<value>[^\"]*)\")[^>]*>")]
    private static partial Regex Hidden();
}
