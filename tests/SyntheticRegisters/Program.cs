using System.CommandLine;
using HealthDataNode.SyntheticRegisters.Population;

namespace HealthDataNode.SyntheticRegisters;

// In a namespace: the tests see the internals of this assembly, and a service's Program must stay the only one there.
internal static class Program
{
    private static readonly Option<int> Persons = new("--persons") { Description = "How many.", Required = true };
    private static readonly Option<ulong> Seed = new("--seed") { Description = "Same seed and size, same bytes.", Required = true };
    private static readonly Option<DirectoryInfo> Out = new("--out") { Description = "Folder to write to.", Required = true };
    private static readonly Option<double> Effect = new("--effect") { DefaultValueFactory = _ => 0.6 };

    public static int Main(string[] args)
    {
        Effect.Description = "Hazard ratio of treatment group 'new' against 'standard'.";
        Persons.Validators.Add(given =>
        {
            if (given.GetValue(Persons) < 1 || given.GetValue(Persons) > BirthDates.Slots)
                given.AddError($"--persons must lie between 1 and {BirthDates.Slots}.");
        });
        Effect.Validators.Add(given =>
        {
            if (given.GetValue(Effect) is not (>= 0.05 and <= 20))
                given.AddError("--effect must lie between 0.05 and 20.");
        });
        var generate = new Command("generate", "Writes the registers with facts and descriptions.") { Persons, Seed, Out, Effect };
        generate.SetAction(given =>
            Generation.Run(given.GetValue(Seed), given.GetValue(Persons), given.GetValue(Effect), given.GetValue(Out)!.FullName)
        );
        var parsed = new RootCommand("Synthetic registers: cancer, causes of death, treatment, population.") { generate }.Parse(args);
        var exit = parsed.Invoke();
        return parsed.Errors.Count > 0 ? 2 : exit;
    }
}
