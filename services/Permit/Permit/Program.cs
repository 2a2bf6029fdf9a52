HealthDataNode.Permit.PermitHost.Build(args).Run();
