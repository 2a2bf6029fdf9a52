using System.CommandLine;
using HealthDataNode.Ledger;

// The ledger: compares what holders have with what analysis rooms opened, from the files alone, with code and SQL of
// its own. It shares nothing with the services that it checks.
var data = new Option<DirectoryInfo>("--data") { Description = "The node's data directory", Required = true };
var report = new Option<FileInfo?>("--report") { Description = "The journey's report to complete (journey.json)" };
var command = new RootCommand("Every row exactly once, attached to the right person. Exit 0 equal, 1 different, 4 nothing to check.")
{
    data,
    report,
};
command.SetAction(result => Check.Run(result.GetRequiredValue(data), result.GetValue(report)));
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
