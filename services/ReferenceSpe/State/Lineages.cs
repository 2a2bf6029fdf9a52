using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Trust;
using Microsoft.Data.Sqlite;

namespace HealthDataNode.ReferenceSpe.State;

/// <summary>The newest version of each permit lineage that was seen here; an older one is refused.</summary>
internal sealed class Lineages(StateDatabase state)
{
    public LineageHead? HeadOf(string lineage)
    {
        using var connection = state.Open();
        return connection
            .Query(
                "SELECT version, digest, applicant_sub, applicant_org FROM lineage WHERE lineage = $0",
                row => new LineageHead(lineage, row.GetInt32(0), row.GetString(1), row.GetString(2), row.GetString(3)),
                lineage
            )
            .SingleOrDefault();
    }

    public int VersionOf(string lineage) => HeadOf(lineage)?.Version ?? 0;

    /// <summary>Every lineage that a delivery came for.</summary>
    public List<string> All()
    {
        using var connection = state.Open();
        return connection.Query("SELECT lineage FROM lineage ORDER BY lineage", row => row.GetString(0));
    }

    /// <summary>Every version that was seen here, oldest first. They were verified when they came.</summary>
    public List<SignedDocument<PermitDocument>> PermitsOf(string lineage)
    {
        using var connection = state.Open();
        return connection.Query(
            "SELECT permit FROM permit_version WHERE lineage = $0 ORDER BY version",
            row => KeptDocument.Read<PermitDocument>(row.GetString(0)),
            lineage
        );
    }

    public static void Keep(SqliteConnection transaction, SignedDocument<PermitDocument> permit)
    {
        var head = LineageHead.Of(permit);
        transaction.Execute("INSERT OR IGNORE INTO permit_version VALUES ($0, $1, $2)", head.Lineage, head.Version, permit.Text);
        transaction.Execute(
            """
            INSERT INTO lineage VALUES ($0, $1, $2, $3, $4)
            ON CONFLICT (lineage) DO UPDATE SET version = $1, digest = $2 WHERE version < $1
            """,
            head.Lineage,
            head.Version,
            head.Digest,
            head.ApplicantSub,
            head.ApplicantOrg
        );
    }
}
