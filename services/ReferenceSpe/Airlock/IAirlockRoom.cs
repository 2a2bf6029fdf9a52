using HealthDataNode.ReferenceSpe.Airlock.Checking;

namespace HealthDataNode.ReferenceSpe.Airlock;

/// <summary>
/// All that the airlock asks of the rooms that it stands at. How an SPE runs jobs and keeps rows is nothing to it.
/// </summary>
internal interface IAirlockRoom
{
    /// <summary>A plain file that a job of the room left behind; null where there is none.</summary>
    FileInfo? Find(string lineage, string job, string file);

    /// <summary>Every pseudonym that the room knows, also those that an alias has replaced.</summary>
    PseudonymSet Pseudonyms(string lineage);
}
