using HealthDataNode.ReferenceSpe;
using HealthDataNode.ReferenceSpe.Airlock.Alone;
using HealthDataNode.ReferenceSpe.Sandboxed;
using HealthDataNode.ReferenceSpe.Undoing;

// The same program four times: the service; inside the sandbox that the service makes, one job; and, for SPEs that are
// not ours, the step that undoes a delivery and the airlock by itself.
return args switch
{
    ["job", .. var job] => await JobProgram.RunAsync(job),
    ["undo-delivery", .. var options] => await UndoProgram.RunAsync(options),
    ["airlock", .. var options] => await AirlockProgram.RunAsync(options),
    _ => await ReferenceSpeHost.RunAsync(args),
};
