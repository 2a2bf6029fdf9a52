using HealthDataNode.Gateway.Domain;
using HealthDataNode.Protocol.Documents;

namespace HealthDataNode.Gateway.Delivery;

/// <summary>From a verified permit to what an order needs of it.</summary>
internal static class PermittedSources
{
    public static OrderedSource Of(SignedDocument<PermitDocument> permit, PermitSource source) =>
        new(
            permit.Payload.Lineage,
            source.Source,
            source.Holder,
            source.Decision.Authority,
            permit.Payload.Spe.Party,
            permit.Payload.Persons,
            permit.Text,
            permit.Digest,
            permit.Payload.Version
        );
}
