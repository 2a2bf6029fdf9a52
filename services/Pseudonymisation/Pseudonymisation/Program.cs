using HealthDataNode.Pseudonymisation;

PseudonymisationHost.Build(args).Run();
