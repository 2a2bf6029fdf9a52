using System.Net;
using System.Text;
using HealthDataNode.Setup;

namespace HealthDataNode.Services.Tests.Setup;

/// <summary>`./run shred LINEAGE`, against what Pseudonymisation answers.</summary>
public sealed class Shredding_a_permit_key
{
    private const string Place = "/v1/lineages/lineage-1/shredding";

    [Fact]
    public async Task Prints_the_record_that_is_signed_once_the_key_is_gone_everywhere()
    {
        var trustCentre = new Scripted(("POST", HttpStatusCode.NoContent, ""), ("GET", HttpStatusCode.OK, "header.payload.signature"));
        Assert.Equal("header.payload.signature", await ShredPermitKey.AskAsync(trustCentre.Client, "lineage-1"));
        Assert.Equal([$"POST {Place}", $"GET {Place}"], trustCentre.Asked);
    }

    [Fact]
    public async Task Says_what_to_do_where_a_mirror_is_not_there_and_prints_no_record()
    {
        var trustCentre = new Scripted(
            ("POST", HttpStatusCode.ServiceUnavailable, """{"type": "x", "detail": "Bring /backup/keys back, or declare it lost."}""")
        );
        var refusal = await Assert.ThrowsAsync<SetupException>(() => ShredPermitKey.AskAsync(trustCentre.Client, "lineage-1"));
        Assert.Equal("Bring /backup/keys back, or declare it lost.", refusal.Message);
        Assert.Equal([$"POST {Place}"], trustCentre.Asked);
    }

    [Fact]
    public async Task Says_that_a_permit_is_unknown()
    {
        var trustCentre = new Scripted(("POST", HttpStatusCode.NotFound, ""));
        var refusal = await Assert.ThrowsAsync<SetupException>(() => ShredPermitKey.AskAsync(trustCentre.Client, "lineage-1"));
        Assert.Contains("knows no permit lineage-1", refusal.Message, StringComparison.Ordinal);
    }

    /// <summary>Answers in order, and keeps what it was asked.</summary>
    private sealed class Scripted(params (string Method, HttpStatusCode Status, string Body)[] answers) : HttpMessageHandler
    {
        public List<string> Asked { get; } = [];

        public HttpClient Client => new(this) { BaseAddress = new Uri("http://localhost:1") };

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var answer = answers[Asked.Count];
            Assert.Equal(answer.Method, request.Method.Method);
            Asked.Add($"{request.Method} {request.RequestUri!.AbsolutePath}");
            return Task.FromResult(new HttpResponseMessage(answer.Status) { Content = new StringContent(answer.Body, Encoding.UTF8) });
        }
    }
}
