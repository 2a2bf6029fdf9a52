using HealthDataNode.ReferenceSpe;
using HealthDataNode.ReferenceSpe.Sandboxed;
using HealthDataNode.ReferenceSpe.Undoing;

// The same program thrice: the service; inside the sandbox that the service makes, one job; and, for SPEs that are not
// ours, the step that undoes a delivery.
return args switch
{
    ["job", .. var job] => await JobProgram.RunAsync(job),
    ["undo-delivery", .. var options] => await UndoProgram.RunAsync(options),
    _ => await ReferenceSpeHost.RunAsync(args),
};
