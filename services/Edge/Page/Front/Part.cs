namespace HealthDataNode.Edge.Page.Front;

/// <summary>A part of the front page: a section about some of what the node shows to anybody.</summary>
internal abstract class Part(Language language, Facts facts) : Pieces(language)
{
    /// <summary>How many of anything the page shows.</summary>
    protected const int Most = 20;

    protected Facts Facts => facts;

    public abstract Html Draw();

    protected Html Linked(ApplicationFact application) =>
        application.Lineage is { } lineage
            ? Html.Of($"""<a class="ds-link" href="{To(Permit(lineage))}">{application.Title}</a>""")
            : Html.Of($"{application.Title}");

    protected Html Linked(string lineage) =>
        facts.Register?.FirstOrDefault(application => application.Permit?.Lineage == lineage) is { } known
            ? Linked(known)
            : Html.Of($"""<a class="ds-link" href="{To(Permit(lineage))}">{Say("Tillatelse", "Permit")} {lineage}</a>""");
}
