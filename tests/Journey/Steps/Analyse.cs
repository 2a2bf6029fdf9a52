namespace HealthDataNode.Journey.Steps;

/// <summary>
/// A job links all three sources inside the room: deaths and follow-up since the first treatment, by treatment group.
/// Its result stays there.
/// </summary>
internal sealed class Analyse : IStep
{
    private const string Survival = """
        SELECT c.treatment_group,
               count(*) AS persons,
               count(d.pseudonym) AS deaths,
               sum(date_diff('day', t.started, coalesce(d.death_date, DATE '2025-12-31'))) AS days
        FROM cancer_typed c
        JOIN (SELECT pseudonym, min(start_date) AS started FROM treatment_typed GROUP BY pseudonym) t USING (pseudonym)
        LEFT JOIN death_typed d USING (pseudonym)
        WHERE c.treatment_group IS NOT NULL
        GROUP BY 1 ORDER BY 1
        """;

    public string Name => "analyse";

    public async Task RunAsync(World world, CancellationToken cancellationToken)
    {
        var inside = await world.AtDoorAsync("nora.researcher", cancellationToken);
        world.Job = await Jobs.RunAsync(inside, world.Lineage!, Survival, cancellationToken);
    }
}
