namespace HealthDataNode.Edge.Page;

/// <summary>What ids of parties and vocabularies are called.</summary>
internal static class Names
{
    public static string Authority(Language language, string id) =>
        id switch
        {
            "hdab" => language.Say("tilgangsorganet for helsedata", "the health data access body"),
            "hospitaltrust" => language.Say("helseforetaket", "the hospital trust"),
            "rek" => language.Say("den regionale etiske komiteen", "the regional ethics committee"),
            _ => id,
        };

    public static string Approval(Language language, string kind) =>
        kind switch
        {
            "ethics" => language.Say("Etisk godkjenning", "Ethics approval"),
            "dispensation" => language.Say("Dispensasjon fra taushetsplikten", "Dispensation from confidentiality"),
            _ => kind,
        };

    public static string Outcome(Language language, string outcome) =>
        outcome switch
        {
            "granted" => language.Say("innvilget", "granted"),
            "refused" => language.Say("avslått", "refused"),
            _ => outcome,
        };

    public static string Stage(Language language, string stage) =>
        stage switch
        {
            "pre-screening" => language.Say("Forberedende gjennomgang", "Pre-screening"),
            "awaiting-additional-information" => language.Say(
                "Venter på søkeren (klokken står)",
                "Waiting for the applicant (the clock stands)"
            ),
            "processing" => language.Say("Behandling", "Processing"),
            "prepared" => language.Say("Forberedt, venter på vedtak", "Prepared, waiting for the decision"),
            "decided" => language.Say("Vedtatt, venter på publisering", "Decided, waiting for publication"),
            "withdrawn" => language.Say("Trukket av søkeren", "Withdrawn by the applicant"),
            _ => Approval(language, stage),
        };

    /// <summary>An automatic check of what wants to leave a room, and how it ended.</summary>
    public static string Check(Language language, RuleFact check)
    {
        var rule = check.Rule switch
        {
            "size" => language.Say("størrelse", "size"),
            "type" => language.Say("innholdet er det filtypen sier", "the content is what the type says"),
            "identifiers" => language.Say("ingen fødselsnumre", "no identity numbers"),
            "pseudonyms" => language.Say("ingen pseudonymer", "no pseudonyms"),
            "columns" => language.Say("kolonnene er forklart", "the columns are explained"),
            "rows" => language.Say("ingen enkeltrader", "no single rows"),
            "cells" => language.Say("ingen små celler", "no small cells"),
            "metadata" => language.Say("ingenting skjult i filen", "nothing hidden in the file"),
            _ => check.Rule,
        };
        var outcome = check.Outcome switch
        {
            "passed" => language.Say("bestått", "passed"),
            "not-applicable" => language.Say("gjelder ikke", "not applicable"),
            _ => check.Outcome,
        };
        return $"{rule}: {outcome}";
    }

    /// <summary>How the output checkers voted.</summary>
    public static string Votes(Language language, ReleaseFact release)
    {
        var (approved, all) = (release.Votes.Count(vote => vote == "approve"), release.Votes.Count);
        return language.Say($"{approved} av {all} kontrollører for", $"{approved} of {all} checkers in favour");
    }

    public static string Basis(string basis) => $"GDPR {basis}";

    public static string Purpose(string purpose) => $"EHDS {purpose}";
}
