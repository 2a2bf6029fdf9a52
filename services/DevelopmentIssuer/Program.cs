using HealthDataNode.DevelopmentIssuer;
using HealthDataNode.DevelopmentIssuer.Realm;

try
{
    await Issuer.Build(args).RunAsync();
    return 0;
}
catch (InvalidRealmException error)
{
    await Console.Error.WriteLineAsync($"development issuer: {error.Message}");
    return 2;
}
