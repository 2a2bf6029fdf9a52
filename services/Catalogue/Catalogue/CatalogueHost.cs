using HealthDataNode.Catalogue.Features;
using HealthDataNode.Catalogue.Persistence;
using HealthDataNode.Catalogue.Rdf;
using HealthDataNode.ServiceDefaults;
using HealthDataNode.ServiceDefaults.Messaging;

namespace HealthDataNode.Catalogue;

/// <summary>The catalogue as a program; a test builds the same one with another configuration.</summary>
public static class CatalogueHost
{
    /// <summary>Builds it.</summary>
    public static WebApplication Build(string[] args, Action<WebApplicationBuilder>? configure = null)
    {
        var builder = WebApplication.CreateBuilder(args);
        builder.AddServiceDefaults("catalogue");
        builder.AddDatabase<CatalogueDb>("catalogue");
        builder.Services.AddSingleton(provider =>
            provider.GetRequiredService<IConfiguration>().GetSection("Catalogue").Get<CatalogueOptions>() ?? new CatalogueOptions()
        );
        builder.Services.AddSingleton<HealthDcatAp>();
        configure?.Invoke(builder);

        var app = builder.Build();
        app.UseServiceDefaults();
        app.MapRedrive();
        app.MapCatalogueApi();
        return app;
    }

    private static void MapCatalogueApi(this WebApplication app)
    {
        var api = app.MapGroup("/v1").WithTags("Catalogue");
        ListDescriptions.Map(api);
        GetDescription.Map(api);
        PutDescription.Map(api);
        GetTurtle.Map(api);
    }
}
