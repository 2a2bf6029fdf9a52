using System.Globalization;

namespace HealthDataNode.Edge.Page;

/// <summary>Norwegian bokmål or English: texts stand in pairs where they are used.</summary>
internal sealed class Language
{
    public static readonly Language Bokmål = new("nb", "\u00a0", ",", "dd.MM.yyyy");
    public static readonly Language English = new("en", ",", ".", "d MMM yyyy");

    private readonly NumberFormatInfo numbers;
    private readonly string dates;

    private Language(string code, string groups, string point, string dates)
    {
        Code = code;
        this.dates = dates;
        numbers = new NumberFormatInfo
        {
            NumberGroupSeparator = groups,
            NumberDecimalSeparator = point,
            NumberDecimalDigits = 0,
        };
    }

    /// <summary>As in <c>lang</c>.</summary>
    public string Code { get; }

    public Language Other => this == Bokmål ? English : Bokmål;

    /// <summary>What the link asked for, else what the browser prefers, else bokmål.</summary>
    public static Language Of(HttpRequest request) =>
        Find(request.Query["lang"])
        ?? request
            .GetTypedHeaders()
            .AcceptLanguage.Where(range => range.Quality is not 0)
            .OrderByDescending(range => range.Quality ?? 1)
            .Select(range => Find(range.Value.Value))
            .FirstOrDefault(found => found is not null)
        ?? Bokmål;

    public string Say(string nb, string en) => this == Bokmål ? nb : en;

    /// <summary>A text that somebody else wrote in both languages, or in one of them.</summary>
    public string Say(LocalText text) => Say(text.Nb ?? "", text.En ?? "") is { Length: > 0 } said ? said : text.Nb + text.En;

    public string Number(long number) => number.ToString("N", numbers);

    public string Date(DateOnly date) => date.ToString(dates, CultureInfo.InvariantCulture);

    // A permit's days are days in Norway.
    public string Date(DateTimeOffset at) => Date(DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(at, Oslo.Zone).DateTime));

    public string Time(DateTimeOffset at) =>
        $"{Date(at)} {TimeZoneInfo.ConvertTime(at, Oslo.Zone).ToString("HH:mm:ss", CultureInfo.InvariantCulture)}";

    /// <summary>As in <c>datetime</c>.</summary>
    public static string Machine(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    /// <summary>How long something took, in its largest whole unit: days from the second one on.</summary>
    public string Duration(TimeSpan length) =>
        length switch
        {
            { TotalDays: >= 2 } => $"{Number((long)length.TotalDays)} {Say("dager", "days")}",
            { TotalHours: >= 2 } => $"{Number((long)length.TotalHours)} {Say("timer", "hours")}",
            { TotalMinutes: >= 2 } => $"{Number((long)length.TotalMinutes)} {Say("minutter", "minutes")}",
            { TotalSeconds: >= 2 } => $"{Number((long)length.TotalSeconds)} {Say("sekunder", "seconds")}",
            _ => Say("under to sekunder", "less than two seconds"),
        };

    /// <summary>A figure of the statistics.</summary>
    public string Days(double days) => $"{days.ToString("0.####", numbers)} {Say("dager", "days")}";

    private static Language? Find(string? tag) =>
        tag?.Split('-')[0] switch
        {
            "nb" or "no" or "nn" => Bokmål,
            "en" => English,
            _ => null,
        };

    // Its own class, so that it is looked up at the first date and not before.
    private static class Oslo
    {
        public static readonly TimeZoneInfo Zone = TimeZoneInfo.TryFindSystemTimeZoneById("Europe/Oslo", out var zone)
            ? zone
            : TimeZoneInfo.Utc;
    }
}
