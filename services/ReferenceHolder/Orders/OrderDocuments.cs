using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Trust;
using HealthDataNode.ReferenceHolder.State;

namespace HealthDataNode.ReferenceHolder.Orders;

/// <summary>What an order that was taken in says; verified again each time it is read.</summary>
public sealed class OrderDocuments(OrderAndPermit documents, TrustStore trust)
{
    public VerifiedOrder Of(HolderOrder order) => documents.Verify(order.Order, order.Permit);

    public IReadOnlyList<string> ColumnsOf(HolderOrder order) => [.. Of(order).Source.Columns.Select(column => column.Name)];

    /// <summary>The columns that were delivered: known also when the permit is no longer in force.</summary>
    public IReadOnlyList<string> DisclosedOf(HolderOrder order) =>
        [
            .. trust
                .Verify<PermitDocument>(order.Permit)
                .Payload.SourceNamed(trust.Verify<OrderDocument>(order.Order).Payload.Source)!
                .Columns.Select(column => column.Name),
        ];

    /// <summary>Of the order's own text: known also when its permit is no longer in force.</summary>
    public string LineageOf(HolderOrder order) => trust.Verify<OrderDocument>(order.Order).Payload.Lineage;
}
