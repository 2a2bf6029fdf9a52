using System.CommandLine;
using HealthDataNode.Leaks;

// The search for what should not be where it is: everything in DIR that names a person or is a row, wherever it stands
// outside the places of architecture-docs/who-may-know.md. It shares no code with the services that it checks.
var data = new Option<DirectoryInfo>("--data") { Description = "The node's data directory", Required = true };
var table = new Option<FileInfo>("--table") { Description = "architecture-docs/who-may-know.md", Required = true };
var dumps = new Option<DirectoryInfo?>("--dumps") { Description = "A folder with a dump of each database, NAME.sql" };
var also = new Option<FileInfo[]>("--also") { Description = "Another file to search (a recording)", AllowMultipleArgumentsPerToken = true };
var command = new RootCommand("Nothing where it may not be. Exit 0 clean, 1 found (never the value), 4 nothing to check.")
{
    data,
    table,
    dumps,
    also,
};
command.SetAction(result =>
    Check.Run(
        result.GetRequiredValue(data),
        result.GetRequiredValue(table),
        result.GetValue(dumps),
        result.GetValue(also) ?? [],
        Console.Out
    )
);
var parsed = command.Parse(args);
return parsed.Errors.Count > 0 ? Usage(parsed) : parsed.Invoke();

static int Usage(ParseResult parsed)
{
    foreach (var error in parsed.Errors)
    {
        Console.Error.WriteLine(error.Message);
    }
    return 2;
}
