await HealthDataNode.Audit.AuditHost.Build(args).RunAsync();
