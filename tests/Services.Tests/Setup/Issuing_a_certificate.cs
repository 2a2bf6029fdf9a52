using System.Security.Cryptography.X509Certificates;
using HealthDataNode.Setup;

namespace HealthDataNode.Services.Tests.Setup;

/// <summary>`./run certificate HOST`.</summary>
public sealed class Issuing_a_certificate : IDisposable
{
    private readonly DirectoryInfo data = Directory.CreateTempSubdirectory("hdn-certificate-");

    [Theory]
    [InlineData("proxy.example", "proxy.example", "localhost")]
    [InlineData("localhost", "localhost", "proxy.example")]
    [InlineData("192.0.2.7", "192.0.2.7", "192.0.2.8")]
    public void Is_by_the_local_authority_and_for_that_host_alone(string host, string itself, string another)
    {
        CertificateAuthority.IssueFor(host, data.FullName);

        using var certificate = X509Certificate2.CreateFromPemFile(In($"{host}.pem"), In($"{host}.key"));
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.ImportFromPemFile(In("ca.pem"));
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        Assert.True(chain.Build(certificate));
        Assert.True(certificate.HasPrivateKey);
        Assert.True(certificate.MatchesHostname(itself));
        Assert.False(certificate.MatchesHostname(another));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(In($"{host}.key")));
    }

    [Fact]
    public void Keeps_the_authority_that_is_there()
    {
        CertificateAuthority.IssueFor("proxy.example", data.FullName);
        var authority = File.ReadAllText(In("ca.pem"));

        CertificateAuthority.IssueFor("proxy.example", data.FullName);

        Assert.Equal(authority, File.ReadAllText(In("ca.pem")));
    }

    [Theory]
    [InlineData("ca")]
    [InlineData("edge")]
    [InlineData("Issuer")]
    [InlineData("../keys/root")]
    [InlineData("a b")]
    [InlineData("")]
    public void Is_refused_for_what_is_no_host_or_the_nodes_own_file(string host)
    {
        Assert.Throws<SetupException>(() => CertificateAuthority.IssueFor(host, data.FullName));
        Assert.Empty(data.EnumerateFileSystemInfos());
    }

    public void Dispose() => data.Delete(recursive: true);

    private string In(string name) => Path.Combine(data.FullName, "ca", name);
}
