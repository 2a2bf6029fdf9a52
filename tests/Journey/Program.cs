using System.CommandLine;
using HealthDataNode.Journey;
using HealthDataNode.Journey.Steps;

// The journey: plays the people of the main job, and only them, through the Edge and the analysis room's door.
var edge = new Option<string>("--edge") { Description = "The Edge's address", Required = true };
var ca = new Option<FileInfo>("--ca") { Description = "Certificate authority to trust (PEM)", Required = true };
var people = new Option<FileInfo>("--people") { Description = "Who signs in, with passwords (JSON)", Required = true };
var report = new Option<FileInfo>("--report") { Description = "Where to write the report (JSON)", Required = true };
var declarations = new Option<FileInfo>("--declarations")
{
    Description = "Where to keep what citizens declare (number,citizen,choice)",
    Required = true,
};
var hold = new Option<string?>("--hold") { Description = "Step before which to wait for a line on standard input" };
var revocations = new Option<int>("--revocations")
{
    Description = "How often to revoke a permit, for a measurement",
    DefaultValueFactory = _ => 1,
};
var command = new RootCommand(
    "The main job, from a published description to a result that left the room and a permit that ended. Exit 20+n: step n failed."
)
{
    edge,
    ca,
    people,
    report,
    declarations,
    hold,
    revocations,
};
command.SetAction(
    async (result, cancellationToken) =>
    {
        using var world = new World(
            new Uri(result.GetRequiredValue(edge)),
            result.GetRequiredValue(ca),
            People.Read(result.GetRequiredValue(people)),
            result.GetRequiredValue(declarations)
        );
        return await new Runner(world, result.GetRequiredValue(report), result.GetValue(hold)).RunAsync(
            [
                new PublishDescriptions(),
                new ApproveEnvironment(),
                new FindVariables(),
                new DeclareOptOuts(),
                new Apply(),
                new PrepareCases(),
                new DecideFirst(),
                new OptOutBetween(),
                new DecideSecond(),
                new OptOutAfter(),
                new FollowOrders(),
                new ReceiveAlias(),
                new EnterRoom(),
                new Analyse(),
                new TakeOutResults(),
                new Revoke(result.GetValue(revocations)),
                new ReadRegister(),
            ],
            cancellationToken
        );
    }
);
var parsed = command.Parse(args);
if (parsed.Errors.Count > 0)
{
    foreach (var error in parsed.Errors)
    {
        Console.Error.WriteLine(error.Message);
    }
    return 2;
}
return await parsed.InvokeAsync();
