using HealthDataNode.Edge.Page;
using Microsoft.Net.Http.Headers;

namespace HealthDataNode.Edge.Features;

/// <summary>How a page is answered, in the reader's language.</summary>
internal static class Pages
{
    public static IResult Page(this HttpContext context, Func<Language, PageView> page, int status = StatusCodes.Status200OK)
    {
        var language = Language.Of(context.Request);
        var headers = context.Response.Headers;
        headers.ContentLanguage = language.Code;
        headers.Vary = HeaderNames.AcceptLanguage;
        headers.CacheControl = "no-cache";
        return Results.Content(page(language).Write().ToString(), "text/html; charset=utf-8", statusCode: status);
    }
}
