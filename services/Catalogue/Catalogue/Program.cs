await HealthDataNode.Catalogue.CatalogueHost.Build(args).RunAsync();
