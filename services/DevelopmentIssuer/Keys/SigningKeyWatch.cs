using Microsoft.Extensions.Options;
using OpenIddict.Server;

namespace HealthDataNode.DevelopmentIssuer.Keys;

/// <summary>
/// Takes up a new signing key without a restart: a further file <c>signing-N.pem</c> is published at once and signs
/// after <see cref="IssuerKeys.Published"/>, when every API has had the time to read it.
/// </summary>
internal sealed class SigningKeyWatch(SigningKeys keys, IOptionsMonitorCache<OpenIddictServerOptions> options, TimeProvider time)
    : BackgroundService
{
    private string[] known = keys.Order();

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(30), time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            Check();
        }
    }

    public void Check()
    {
        var now = keys.Order();
        if (!now.SequenceEqual(known))
        {
            known = now;
            options.Clear();
        }
    }
}

/// <summary>The files of signing keys, the one that signs first.</summary>
internal sealed class SigningKeys(string directory, TimeProvider time)
{
    public string[] Order()
    {
        IssuerKeys.EnsureSigning(directory);
        var published = time.GetUtcNow().UtcDateTime - IssuerKeys.Published;
        var newestFirst = Directory
            .GetFiles(directory, "signing-*.pem")
            .OrderByDescending(Number)
            .Select(path => (Path: path, Ready: File.GetLastWriteTimeUtc(path) <= published))
            .ToArray();

        // The oldest signs until a newer one has been published for long enough.
        var signing = newestFirst.FirstOrDefault(file => file.Ready, newestFirst[^1]).Path;
        return [signing, .. newestFirst.Select(file => file.Path).Where(path => path != signing)];
    }

    private static int Number(string path) =>
        int.TryParse(Path.GetFileNameWithoutExtension(path)["signing-".Length..], out var number) ? number : 0;
}
