using HealthDataNode.Setup;

// One program, run to completion before any service starts, safe to run again and after a crash in the middle:
// every step looks at what is there and adds what is missing.
try
{
    if (args is ["certificate", var host, "--data", var directory])
    {
        CertificateAuthority.IssueFor(host, directory);
        return 0;
    }
    if (args is ["shred", var lineage, "--data", var data, "--issuer", var issuer, "--pseudonymisation", var pseudonymisation])
    {
        return await ShredPermitKey.RunAsync(lineage, data, issuer, new Uri(pseudonymisation), Console.Out);
    }
    var place = SetupOptions.FromEnvironment();
    Step("certificates", () => CertificateAuthority.Prepare(place));
    Step("keys", () => KeyCeremony.Hold(place));
    Step("realm", () => Realm.Fill(place));
    await StepAsync("databases", () => Databases.PrepareAsync(place));
    await StepAsync("schemas", () => Schemas.ApplyAsync(place));
    await StepAsync("topology", () => Topology.DeclareAsync(place));
    return 0;
}
catch (SetupException exception)
{
    Console.Error.WriteLine(exception.Message);
    return 1;
}

static void Step(string name, Action action)
{
    action();
    Console.WriteLine($"{name}: ready");
}

static async Task StepAsync(string name, Func<Task> action)
{
    await action();
    Console.WriteLine($"{name}: ready");
}
