using HealthDataNode.ReferenceSpe.Airlock.Checking;

namespace HealthDataNode.ReferenceSpe.Airlock;

/// <summary>
/// All that the airlock asks of the rooms that it stands at. An SPE that has no airlock writes this, and the module
/// with its door works beside it: how that SPE runs jobs and keeps rows is nothing to it.
/// </summary>
internal interface IAirlockRoom
{
    /// <summary>The room's folder; the airlock keeps what it took under <c>outputs</c> in it.</summary>
    string Folder(string lineage);

    /// <summary>Whether anybody may be in the room now.</summary>
    bool IsOpen(string lineage);

    /// <summary>Comes into the room, so that it is not deleted meanwhile. Leaving it is disposing this.</summary>
    Task<IDisposable> EnterAsync(string lineage, CancellationToken cancellationToken);

    /// <summary>The newest version of the permit that is held here; null where there is none.</summary>
    PermitInRoom? PermitOf(string lineage);

    /// <summary>Bytes of a file that a job of the room left behind; null where there is none.</summary>
    long? LengthOf(string lineage, string job, string file);

    /// <summary>
    /// Copies such a file into a folder of the airlock's own. A table is read and written anew on the way, so that
    /// nothing beside its cells comes along.
    /// </summary>
    /// <exception cref="InvalidDataException">It is not what the format says.</exception>
    Task<TakenFile> TakeAsync(string lineage, string job, string file, string format, string folder, CancellationToken cancellationToken);

    /// <summary>Every pseudonym that the room knows, also those that an alias has replaced.</summary>
    PseudonymSet Pseudonyms(string lineage);
}

/// <summary>What the airlock needs of a permit.</summary>
/// <param name="Digest">Digest of the version.</param>
/// <param name="Persons">Everybody whom the lineage names.</param>
internal sealed record PermitInRoom(string Digest, IReadOnlySet<string> Persons);

/// <summary>A file that came out of a room into the airlock.</summary>
/// <param name="Name">Its name, with the ending of its format.</param>
/// <param name="Path">Where it lies.</param>
/// <param name="Table">The same table as CSV, for the checks, where the file is not CSV itself.</param>
internal sealed record TakenFile(string Name, string Path, string? Table = null);
