using HealthDataNode.ServiceDefaults.Problems;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace HealthDataNode.SpeRegistry.Persistence;

/// <summary>Saving against others who change the same environment.</summary>
internal static class SavingExtensions
{
    /// <summary>False where somebody else was first; nothing is changed then.</summary>
    public static async Task<bool> TrySaveAsync(this SpeRegistryDb db, CancellationToken cancellationToken)
    {
        try
        {
            await db.SaveChangesAsync(cancellationToken);
            return true;
        }
        catch (DbUpdateConcurrencyException)
        {
            return false;
        }
        catch (DbUpdateException exception) when (exception.InnerException is PostgresException { SqlState: "23505" })
        {
            return false;
        }
    }

    /// <summary>What the caller is told then.</summary>
    public static ProblemHttpResult ChangedMeanwhile() =>
        Problem.Conflict("changed-meanwhile", "Somebody changed this environment just now", "Read it again and repeat your call.");
}
