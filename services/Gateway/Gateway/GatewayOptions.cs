using System.ComponentModel.DataAnnotations;
using HealthDataNode.Protocol.Documents;

namespace HealthDataNode.Gateway;

/// <summary>The section <c>Gateway</c>: what a policy sets.</summary>
public sealed class GatewayOptions
{
    /// <summary>Days that a holder has to deliver (EHDS 60(2): three months at most).</summary>
    [Range(1, 92)]
    public int TermDays { get; set; } = 90;

    /// <summary>Parts that an order may have. A closing document (<see cref="Jws.MaximumLength"/>) names fewer.</summary>
    public const int MostParts = 4_096;

    /// <summary>Mebibytes that an order's parts may have together.</summary>
    [Range(1, 1 << 20)]
    public int MostOrderMebibytes { get; set; } = 256 << 10;

    /// <summary>Public counts below this are not said, nor those below the smallest cell of the permit.</summary>
    [Range(1, 1_000_000)]
    public int PublicThreshold { get; set; } = 10;

    /// <summary>Public counts are multiples of this.</summary>
    [Range(1, 1_000_000)]
    public int PublicRounding { get; set; } = 10;

    /// <summary>Orders that are worked on at once.</summary>
    [Range(1, 16)]
    public int Workers { get; set; } = 2;

    /// <summary>Seconds without a receipt after which the manifest is sent again.</summary>
    [Range(1, 3600)]
    public int ManifestAgainSeconds { get; set; } = 30;
}
