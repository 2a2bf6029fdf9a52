// The map of the node: one local per resource, one line per service. How a line is done stands in Infrastructure.*.cs.
// It is written in Aspire's hosting API and compiles unchanged against Aspire and against the stand-in in Offline/.
using HealthDataNode.AppHost;

var builder = DistributedApplication.CreateBuilder(args);
var node = new Node(builder); // DIR of --data: ports that stay, passwords, certificates, keys

// Infrastructure: installed programs, or containers (with a later issue)
var postgres = builder.AddNativePostgres(node);
var rabbitmq = builder.AddNativeRabbitMQ(node);

// A database per service; its connection string is the runtime role's, which cannot change the schema
var issuerDb = builder.AddServiceDatabase(node, postgres, "issuer");
var catalogueDb = builder.AddServiceDatabase(node, postgres, "catalogue");
var speregistryDb = builder.AddServiceDatabase(node, postgres, "speregistry");
var permitDb = builder.AddServiceDatabase(node, postgres, "permit");
var pseudonymisationDb = builder.AddServiceDatabase(node, postgres, "pseudonymisation");
var gatewayDb = builder.AddServiceDatabase(node, postgres, "gateway");
var auditDb = builder.AddServiceDatabase(node, postgres, "audit");
var edgeDb = builder.AddServiceDatabase(node, postgres, "edge");

// Keys, roles, databases, schema, certificates, realm, broker topology: once, before everything else. Not after the broker,
// which is slow to start: its part comes last, and waits by itself
var setup = builder.AddProject<Projects.Setup>("setup").AsSetup(node).WithReference(postgres).WithReference(rabbitmq).WaitFor(postgres);

// The identity provider: another party, with an address of its own. Waited for by nobody: who needs it asks again until it is there
if (node.KeycloakHome is null)
    builder
        .AddProject<Projects.DevelopmentIssuer>("keycloak")
        .AsPublic(node, "issuer")
        .WithReference(issuerDb, connectionName: "issuer")
        .WaitForCompletion(setup);
else
    builder.AddNativeKeycloak(node, postgres).WaitForCompletion(setup);

// The node's services: HTTP on loopback, reached from outside through the Edge alone
var catalogue = builder
    .AddProject<Projects.Catalogue>("catalogue")
    .AsService(node)
    .WithReference(catalogueDb, connectionName: "catalogue")
    .WithReference(rabbitmq)
    .WaitForCompletion(setup);

var speregistry = builder
    .AddProject<Projects.SpeRegistry>("speregistry")
    .AsService(node)
    .WithReference(speregistryDb, connectionName: "speregistry")
    .WithReference(rabbitmq)
    .WaitForCompletion(setup);

var permit = builder
    .AddProject<Projects.Permit>("permit")
    .AsService(node)
    .WithReference(permitDb, connectionName: "permit")
    .WithReference(rabbitmq)
    .WithReference(catalogue)
    .WithReference(speregistry)
    .WaitForCompletion(setup);

var pseudonymisation = builder
    .AddProject<Projects.Pseudonymisation>("pseudonymisation")
    .AsService(node)
    .WithHttpEndpoint(name: "h2c", env: "H2C_PORT") // binary batches over HTTP/2
    .WithEnvironment("Keys__Permits", node.In("keys", "pseudonymisation", "permits"))
    .WithReference(pseudonymisationDb, connectionName: "pseudonymisation")
    .WithReference(rabbitmq)
    .WithReference(permit)
    .WithReference(speregistry)
    .WaitForCompletion(setup);

permit.WithReference(pseudonymisation); // each asks the other: permit states, opt-out lists

var gateway = builder
    .AddProject<Projects.Gateway>("gateway")
    .AsService(node)
    .WithEnvironment("Keys__Uploads", node.In("keys", "gateway", "uploads"))
    .WithReference(gatewayDb, connectionName: "gateway")
    .WithReference(rabbitmq)
    .WithReference(permit)
    .WithReference(speregistry)
    .WithReference(pseudonymisation)
    .WaitForCompletion(setup);

var audit = builder
    .AddProject<Projects.Audit>("audit")
    .AsService(node)
    .WithReference(auditDb, connectionName: "audit")
    .WithReference(rabbitmq)
    .WaitForCompletion(setup);

// The only public listener of the node
builder
    .AddProject<Projects.Edge>("edge")
    .AsPublic(node, "edge")
    .WithEnvironment("Node__Dashboard", builder.Configuration["dashboard"]) // what the front page links to, if anything
    .WithReference(edgeDb, connectionName: "edge")
    .WithReference(catalogue)
    .WithReference(speregistry)
    .WithReference(permit)
    .WithReference(pseudonymisation)
    .WithReference(gateway)
    .WithReference(audit)
    .WithExternalHttpEndpoints()
    .WaitForCompletion(setup);

// Parties outside: three data holders, the population register that feeds changes of identifiers, and a secure processing
// environment with a door of its own; they know the Edge alone
builder.AddProject<Projects.ReferenceHolder>("cancerregistry").AsHolder(node, "cancer").WaitForCompletion(setup);
builder.AddProject<Projects.ReferenceHolder>("deathregistry").AsHolder(node, "death").WaitForCompletion(setup);
builder.AddProject<Projects.ReferenceHolder>("hospitaltrust").AsHolder(node, "treatment").WaitForCompletion(setup);
builder.AddProject<Projects.ReferenceHolder>("populationregister").AsHolder(node, "population").WithFeed(node).WaitForCompletion(setup);
builder.AddProject<Projects.ReferenceSpe>("referencespe").AsSpe(node).WaitForCompletion(setup);

builder.Build().Run();
