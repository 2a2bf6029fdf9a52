using HealthDataNode.ReferenceHolder;

ReferenceHolderHost.Build(args).Run();
