await HealthDataNode.SpeRegistry.SpeRegistryHost.Build(args).RunAsync();
