using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using HealthDataNode.Protocol.Trust;

namespace HealthDataNode.Setup;

/// <summary>A local certificate authority in DIR/ca, and a certificate for each HTTPS listener of this machine.</summary>
internal static class CertificateAuthority
{
    private static readonly string[] Listeners = ["edge", "issuer", "referencespe"];

    public static void Prepare(SetupOptions place)
    {
        EnsureAuthority(place);
        foreach (var listener in Listeners.Where(name => !IsGood(place.Path("ca", name + ".pem"))))
        {
            Issue(place, listener, "localhost");
        }
    }

    /// <summary>`./run certificate HOST`: a certificate for a server of that name, a recording proxy say, as DIR/ca/HOST.pem and .key.</summary>
    public static void IssueFor(string host, string directory)
    {
        var name = host.ToLowerInvariant();
        if (Uri.CheckHostName(name) == UriHostNameType.Unknown || name.Contains('/', StringComparison.Ordinal))
        {
            throw new SetupException($"'{host}' is no host name and no address.");
        }
        if (name == "ca" || Listeners.Contains(name))
        {
            throw new SetupException($"The files {name}.pem and {name}.key are the node's own; take another name for the host.");
        }
        // No server and no issuer is needed for it: a run that is still to come can be recorded from its beginning.
        var place = new SetupOptions("", "", directory, "", "", "");
        EnsureAuthority(place);
        Issue(place, name, name);
    }

    private static void EnsureAuthority(SetupOptions place)
    {
        if (!File.Exists(place.Path("ca", "ca.pem")) || !File.Exists(place.Path("ca", "ca.key")))
        {
            MakeAuthority(place);
        }
    }

    private static void Issue(SetupOptions place, string name, string host)
    {
        using var authority = X509Certificate2.CreateFromPemFile(place.Path("ca", "ca.pem"), place.Path("ca", "ca.key"));
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={host}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        if (IPAddress.TryParse(host, out var address))
        {
            names.AddIpAddress(address);
        }
        else
        {
            names.AddDnsName(host);
        }
        if (host == "localhost")
        {
            names.AddIpAddress(IPAddress.Loopback);
            names.AddIpAddress(IPAddress.IPv6Loopback);
        }
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], false));
        request.CertificateExtensions.Add(
            X509AuthorityKeyIdentifierExtension.CreateFromCertificate(authority, includeKeyIdentifier: true, includeIssuerAndSerial: false)
        );
        var now = DateTimeOffset.UtcNow;
        using var certificate = request.Create(authority, now.AddHours(-1), now.AddDays(398), RandomNumberGenerator.GetBytes(16));
        PrivateFile.Write(place.Path("ca", name + ".key"), key.ExportPkcs8PrivateKeyPem());
        PrivateFile.WritePublic(place.Path("ca", name + ".pem"), certificate.ExportCertificatePem());
    }

    private static void MakeAuthority(SetupOptions place)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=HealthDataNode local certificate authority", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        var now = DateTimeOffset.UtcNow;
        using var certificate = request.CreateSelfSigned(now.AddHours(-1), now.AddYears(10));
        // First, so that a crash leaves no listener with a certificate of an authority that is gone.
        foreach (var listener in Listeners.Where(_ => Directory.Exists(place.Path("ca"))))
        {
            File.Delete(place.Path("ca", listener + ".pem"));
        }
        PrivateFile.Write(place.Path("ca", "ca.key"), key.ExportPkcs8PrivateKeyPem());
        PrivateFile.WritePublic(place.Path("ca", "ca.pem"), certificate.ExportCertificatePem());
    }

    private static bool IsGood(string path)
    {
        if (!File.Exists(path))
        {
            return false;
        }
        using var certificate = X509CertificateLoader.LoadCertificateFromFile(path);
        return certificate.NotAfter > DateTime.Now.AddDays(30);
    }
}
