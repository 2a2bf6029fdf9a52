using HealthDataNode.ReferenceSpe;
using HealthDataNode.ReferenceSpe.Sandboxed;

// The same program twice: the service, and (inside the sandbox that the service makes) one job.
return args is ["job", .. var job] ? await JobProgram.RunAsync(job) : await ReferenceSpeHost.RunAsync(args);
