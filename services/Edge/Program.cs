await HealthDataNode.Edge.EdgeHost.Build(args).RunAsync();
