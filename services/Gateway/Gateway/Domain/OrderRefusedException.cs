namespace HealthDataNode.Gateway.Domain;

/// <summary>What was sent for an order must not go on: the order is rejected. Never holds a value.</summary>
public sealed class OrderRefusedException(Rejection rejection, Exception? inner = null)
    : Exception($"{rejection.Code}, part {rejection.Part}, line {rejection.Line}", inner)
{
    /// <summary>Code and place.</summary>
    public Rejection Rejection { get; } = rejection;
}

/// <summary>Nothing is wrong with the order, but it may not go on now; it is tried again.</summary>
public sealed class OrderPausedException(string reason) : Exception(reason);
