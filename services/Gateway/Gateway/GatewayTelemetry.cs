using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace HealthDataNode.Gateway;

/// <summary>Spans and measures of this service; no identifier, token, row or order content in any of them.</summary>
public static class GatewayTelemetry
{
    /// <summary>Spans: each step of an order's life, under the trace of the permit's event.</summary>
    public static readonly ActivitySource Source = new("HealthDataNode.Gateway");

    private static readonly Meter Meter = new("HealthDataNode.Gateway");

    /// <summary>Rows that were checked, re-keyed and sealed to an SPE.</summary>
    public static readonly Counter<long> Rows = Meter.CreateCounter<long>("gateway.rows.prepared", "{row}");

    /// <summary>Bytes of Crypt4GH that holders sent.</summary>
    public static readonly Counter<long> Received = Meter.CreateCounter<long>("gateway.bytes.received", "By");

    /// <summary>Bytes of Crypt4GH that SPEs took.</summary>
    public static readonly Counter<long> Pushed = Meter.CreateCounter<long>("gateway.bytes.pushed", "By");

    /// <summary>Rejected orders, by code.</summary>
    public static readonly Counter<long> Rejections = Meter.CreateCounter<long>("gateway.orders.rejected", "{order}");

    /// <summary>How long a part takes to prepare.</summary>
    public static readonly Histogram<double> Preparation = Meter.CreateHistogram<double>("gateway.part.preparation", "s");

    /// <summary>How long a re-key call takes.</summary>
    public static readonly Histogram<double> Rekey = Meter.CreateHistogram<double>("gateway.rekey.duration", "s");
}
