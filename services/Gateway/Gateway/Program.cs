HealthDataNode.Gateway.GatewayHost.Build(args).Run();
