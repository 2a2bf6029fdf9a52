using HealthDataNode.Edge.Features;
using HealthDataNode.Edge.Page;
using HealthDataNode.Edge.Proxy;
using HealthDataNode.ServiceDefaults;
using Session = HealthDataNode.Edge.Features.Session;

namespace HealthDataNode.Edge;

/// <summary>Puts the Edge together; separate from Program so that tests start the same.</summary>
internal static class EdgeHost
{
    public static WebApplication Build(string[] args, Action<IServiceCollection>? configure = null)
    {
        var builder = WebApplication.CreateBuilder(args);
        // The framework's own lines hold addresses, and the address of a sign-in holds a code.
        builder.Logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning);
        builder.Logging.AddFilter("Yarp", LogLevel.Warning);
        builder.Logging.AddFilter("System.Net.Http", LogLevel.Warning);
        builder.AddServiceDefaults("edge");
        builder.AddIdentity();
        builder.Services.AddRateLimits();
        builder.Services.AddPublicFacts();
        builder
            .Services.AddReverseProxy()
            .LoadFromMemory(Routes.All(), Routes.Clusters(builder.Configuration))
            .AddTransforms(Transforms.Add);
        configure?.Invoke(builder.Services);
        var app = builder.Build();
        app.Use(SecurityHeaders.InvokeAsync);
        app.Use(SecurityHeaders.ForgetSessionAtCallback);
        app.UseServiceDefaults();
        app.UseRateLimiter();
        SignIn.Map(app);
        SignOut.Map(app);
        Session.Map(app);
        FrontPage.Map(app);
        PermitPage.Map(app);
        PrivacyPage.Map(app);
        ApiReference.Map(app);
        Assets.Map(app);
        app.MapReverseProxy(proxy =>
            {
                proxy.Use(Guard.InvokeAsync);
                proxy.UseLoadBalancing();
            })
            .AllowAnonymous();
        return app;
    }
}
