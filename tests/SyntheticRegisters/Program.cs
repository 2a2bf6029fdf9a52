using System.CommandLine;
using HealthDataNode.SyntheticRegisters;
using HealthDataNode.SyntheticRegisters.Population;

var persons = new Option<int>("--persons") { Description = "How many persons.", Required = true };
var seed = new Option<ulong>("--seed") { Description = "Same seed and size, same bytes.", Required = true };
var folder = new Option<DirectoryInfo>("--out") { Description = "Folder to write to.", Required = true };
var effect = new Option<double>("--effect")
{
    Description = "Hazard ratio of treatment group 'new' against 'standard'.",
    DefaultValueFactory = _ => 0.6,
};
persons.Validators.Add(result =>
{
    if (result.GetValue(persons) < 1 || result.GetValue(persons) > BirthDates.Slots)
        result.AddError($"--persons must lie between 1 and {BirthDates.Slots}.");
});
effect.Validators.Add(result =>
{
    if (result.GetValue(effect) is not (>= 0.05 and <= 20))
        result.AddError("--effect must lie between 0.05 and 20.");
});
var generate = new Command("generate", "Writes both registers, their facts and their descriptions.") { persons, seed, folder, effect };
generate.SetAction(result =>
    Generation.Run(result.GetValue(seed), result.GetValue(persons), result.GetValue(effect), result.GetValue(folder)!.FullName));
return new RootCommand("Synthetic cancer and cause-of-death registers.") { generate }.Parse(args).Invoke();
