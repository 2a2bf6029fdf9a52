using HealthDataNode.Audit;

if (args is ["verify", .. var rest])
{
    return await VerifyStopped.RunAsync(rest);
}
await AuditHost.Build(args).RunAsync();
return 0;
