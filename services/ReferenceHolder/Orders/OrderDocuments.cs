using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Trust;
using HealthDataNode.ReferenceHolder.State;

namespace HealthDataNode.ReferenceHolder.Orders;

/// <summary>What an order that was taken in says.</summary>
public sealed class OrderDocuments(OrderAndPermit documents)
{
    /// <summary>Verified again before each step, which none takes on a key or a permit that has ended.</summary>
    public VerifiedOrder Of(HolderOrder order) => documents.Verify(order.Order, order.Permit);

    public IReadOnlyList<string> ColumnsOf(HolderOrder order) => [.. Of(order).Source.Columns.Select(column => column.Name)];

    /// <summary>The columns that were delivered: known also when the permit, or a key, is no longer in force.</summary>
    public IReadOnlyList<string> DisclosedOf(HolderOrder order) =>
        [.. VerifiedOrder.Kept(order.Order, order.Permit).Source.Columns.Select(column => column.Name)];

    /// <summary>Of the order's own text: known as long as the columns are.</summary>
    public string LineageOf(HolderOrder order) => KeptDocument.Read<OrderDocument>(order.Order).Payload.Lineage;
}
