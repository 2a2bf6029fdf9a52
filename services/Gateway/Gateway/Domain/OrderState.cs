namespace HealthDataNode.Gateway.Domain;

/// <summary>Where an order stands. Only the last two are ends.</summary>
public enum OrderState
{
    /// <summary>Known from a permit; key, document and registration are being made. Nobody outside sees it.</summary>
    Issuing,

    /// <summary>Signed and known to Pseudonymisation; the holder may fetch it.</summary>
    Issued,

    /// <summary>The holder has begun to upload.</summary>
    Receiving,

    /// <summary>The holder's closing document names every part that is here.</summary>
    Closed,

    /// <summary>Parts are being checked, re-keyed and sealed to the SPE.</summary>
    Preparing,

    /// <summary>The manifest is signed; parts are pushed and the receipt is awaited.</summary>
    Delivering,

    /// <summary>The SPE's receipt was verified; key and files are gone.</summary>
    Delivered,

    /// <summary>What was sent was refused, or the permit ended; key and files are gone.</summary>
    Rejected,
}

/// <summary>The text of a state, in the database and on the wire.</summary>
public static class OrderStateText
{
    /// <summary>Lower-case name.</summary>
    public static string Text(this OrderState state) =>
        state switch
        {
            OrderState.Issuing => "issuing",
            OrderState.Issued => "issued",
            OrderState.Receiving => "receiving",
            OrderState.Closed => "closed",
            OrderState.Preparing => "preparing",
            OrderState.Delivering => "delivering",
            OrderState.Delivered => "delivered",
            _ => "rejected",
        };
}
