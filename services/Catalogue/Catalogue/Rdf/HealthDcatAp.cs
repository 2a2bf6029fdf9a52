using HealthDataNode.Catalogue.Domain;
using HealthDataNode.Catalogue.Vocabularies;

namespace HealthDataNode.Catalogue.Rdf;

/// <summary>Descriptions as HealthDCAT-AP release 8, NON_PUBLIC.</summary>
public sealed class HealthDcatAp(CatalogueOptions options)
{
    private const string Authority = "http://publications.europa.eu/resource/authority/";
    private const string Bokmal = Authority + "language/NOB";
    private const string English = Authority + "language/ENG";

    /// <summary>One description as a document.</summary>
    public string Write(PublishedDescription description)
    {
        var turtle = new TurtleWriter();
        Dataset(turtle, description);
        Legislation(turtle, description.ApplicableLegislation);
        return turtle.ToString();
    }

    /// <summary>The catalogue with all descriptions.</summary>
    public string Write(IReadOnlyList<PublishedDescription> descriptions)
    {
        var turtle = new TurtleWriter();
        turtle.Resource(
            options.Base,
            "dcat:Catalog",
            catalog =>
            {
                Text(catalog, "dct:title", "Helsedata for sekundærbruk", "Health data for secondary use");
                Text(
                    catalog,
                    "dct:description",
                    "Datakilder som kan søkes om gjennom denne noden.",
                    "Sources that can be applied for through this node."
                );
                catalog.Iri("dcatap:applicableLegislation", DescriptionRules.Ehds);
                catalog.Iri("dct:language", Bokmal).Iri("dct:language", English);
                catalog.Blank("dct:publisher", "foaf:Agent", AccessBody);
                foreach (var description in descriptions)
                {
                    catalog.Iri("dcat:dataset", options.IriOf(description.Source));
                }
            }
        );
        foreach (var description in descriptions)
        {
            Dataset(turtle, description);
        }
        Legislation(turtle, descriptions.SelectMany(d => d.ApplicableLegislation).Append(DescriptionRules.Ehds));
        return turtle.ToString();
    }

    private void Dataset(TurtleWriter turtle, PublishedDescription description) =>
        turtle.Resource(
            options.IriOf(description.Source),
            "dcat:Dataset",
            dataset =>
            {
                Text(dataset, "dct:title", description.Title);
                Text(dataset, "dct:description", description.Summary);
                dataset.Text("dct:identifier", options.IriOf(description.Source));
                dataset.Text("dcat:version", description.Version.ToString(System.Globalization.CultureInfo.InvariantCulture));
                dataset.Moment("dct:modified", description.PublishedAt);
                dataset.Iri("dct:accessRights", Authority + "access-right/NON_PUBLIC");
                dataset.Iri("dct:type", Authority + "dataset-type/STATISTICAL");
                dataset.Iri("dcat:theme", Authority + "data-theme/HEAL");
                dataset.Iri("dct:language", Bokmal).Iri("dct:language", English);
                dataset.Iri("dct:spatial", Authority + "country/NOR");
                dataset.Iri("dcat:landingPage", description.ContactPage);
                Words(dataset, description.Keywords);
                Law(dataset, description);
                Health(dataset, description);
                Parties(dataset, description);
                Coverage(dataset, description);
                dataset.Blank("dcat:distribution", "dcat:Distribution", distribution => Distribution(distribution, description));
                dataset.Flag("healthdcatap:hasStructuredData", true);
                dataset.Blank("healthdcatap:hasVariables", "csvw:TableGroup", group => Variables(group, description));
            }
        );

    private static void Words(TurtleWriter dataset, LocalWords keywords)
    {
        foreach (var word in keywords.Nb.Distinct())
        {
            dataset.Text("dcat:keyword", word, "nb");
        }
        foreach (var word in keywords.En.Distinct())
        {
            dataset.Text("dcat:keyword", word, "en");
        }
    }

    private static void Law(TurtleWriter dataset, Description description)
    {
        foreach (var law in description.ApplicableLegislation.Distinct())
        {
            dataset.Iri("dcatap:applicableLegislation", law);
        }
        dataset.Blank(
            "dpv:hasLegalBasis",
            "dpv:LegalBasis",
            basis =>
                _ = Iri.IsValid(description.LegalBasis)
                    ? basis.Iri("dct:source", description.LegalBasis)
                    : basis.Text("dct:description", description.LegalBasis)
        );
        dataset.Blank(
            "dpv:hasPurpose",
            "dpv:Purpose",
            purpose =>
                Text(
                    purpose,
                    "dct:description",
                    "Sekundærbruk etter EHDS artikkel 53, etter datatillatelse.",
                    "Secondary use under EHDS Article 53, by data permit."
                )
        );
    }

    private static void Health(TurtleWriter dataset, Description description)
    {
        foreach (var code in description.HealthCategories.Distinct())
        {
            dataset.Iri("healthdcatap:healthCategory", Vocabulary.HealthCategories.IriOf(code));
        }
        foreach (var code in description.HealthThemes.Distinct())
        {
            dataset.Iri("healthdcatap:healthTheme", Vocabulary.HealthThemes.IriOf(code));
        }
        dataset.Blank("dct:provenance", "dct:ProvenanceStatement", provenance => Text(provenance, "rdfs:label", description.Provenance));
    }

    private void Parties(TurtleWriter dataset, Description description)
    {
        dataset.Blank(
            "dcat:contactPoint",
            "vcard:Kind",
            contact => contact.Iri("vcard:hasEmail", "mailto:" + description.ContactEmail).Iri("vcard:hasURL", description.ContactPage)
        );
        dataset.Blank("healthdcatap:hdab", "foaf:Agent", AccessBody);
        // GeoDCAT-AP's custodian is the data holder of EHDS.
        dataset.Blank("geodcatap:custodian", "foaf:Agent", holder => Holder(holder, description));
        dataset.Blank("dct:publisher", "foaf:Agent", holder => Holder(holder, description));
    }

    private void AccessBody(TurtleWriter agent) =>
        Agent(agent, options.AccessBody, options.AccessBodyOrg, options.AccessBodyEmail, options.AccessBodyPage);

    private static void Holder(TurtleWriter agent, Description description) =>
        Agent(agent, description.HolderName, description.HolderOrg, description.ContactEmail, description.ContactPage);

    private static void Agent(TurtleWriter agent, string name, string org, string email, string page) =>
        agent
            .Text("foaf:name", name)
            .Text("dct:identifier", org)
            .Blank("cv:contactPoint", "cv:ContactPoint", contact => contact.Text("cv:email", email).Iri("cv:contactPage", page));

    private static void Coverage(TurtleWriter dataset, Description description)
    {
        Count(dataset, "healthdcatap:numberOfRecords", description.NumberOfRecords);
        Count(dataset, "healthdcatap:numberOfUniqueIndividuals", description.NumberOfUniqueIndividuals);
        Count(dataset, "healthdcatap:minTypicalAge", description.MinTypicalAge);
        Count(dataset, "healthdcatap:maxTypicalAge", description.MaxTypicalAge);
        if (description.TemporalStart is null && description.TemporalEnd is null)
        {
            return;
        }
        dataset.Blank(
            "dct:temporal",
            "dct:PeriodOfTime",
            period =>
            {
                if (description.TemporalStart is { } start)
                {
                    period.Date("dcat:startDate", start);
                }
                if (description.TemporalEnd is { } end)
                {
                    period.Date("dcat:endDate", end);
                }
            }
        );
    }

    private void Distribution(TurtleWriter distribution, Description description)
    {
        Text(distribution, "dct:title", "Tilgang i et sikkert behandlingsmiljø", "Access in a secure processing environment");
        distribution.Iri("dcat:accessURL", options.AccessBodyPage);
        distribution.Iri("dct:format", Authority + "file-type/CSV");
        foreach (var law in description.ApplicableLegislation.Distinct())
        {
            distribution.Iri("dcatap:applicableLegislation", law);
        }
        distribution.Blank(
            "dct:rights",
            "dct:RightsStatement",
            rights =>
                Text(
                    rights,
                    "rdfs:label",
                    "Bare personer nevnt i en gyldig datatillatelse får tilgang.",
                    "Only persons named in a data permit in force have access."
                )
        );
    }

    private static void Variables(TurtleWriter group, Description description)
    {
        Text(group, "dct:title", description.Title);
        group.Blank(
            "csvw:table",
            "csvw:Table",
            table =>
            {
                Text(table, "dct:title", description.Title);
                foreach (var variable in description.Variables)
                {
                    table.Blank("csvw:column", "csvw:Column", column => Column(column, variable));
                }
            }
        );
    }

    private static void Column(TurtleWriter column, Variable variable)
    {
        column.Text("csvw:name", variable.Name);
        Text(column, "csvw:title", variable.Title);
        Text(column, "dct:description", variable.Summary);
        column.Text("csvw:datatype", variable.Datatype);
        Count(column, "csvw:maxLength", variable.MaxLength);
        if (variable.CodeList is { } list)
        {
            column.Iri("dct:conformsTo", list);
        }
    }

    // R8's ranges want to know what kind of thing a law is.
    private static void Legislation(TurtleWriter turtle, IEnumerable<string> laws)
    {
        foreach (var law in laws.Distinct())
        {
            turtle.Resource(law, "eli:LegalResource", _ => { });
        }
    }

    private static void Text(TurtleWriter node, string property, LocalText text) => Text(node, property, text.Nb, text.En);

    private static void Text(TurtleWriter node, string property, string nb, string en) =>
        node.Text(property, nb, "nb").Text(property, en, "en");

    private static void Count(TurtleWriter node, string property, long? value)
    {
        if (value is { } count)
        {
            node.Count(property, count);
        }
    }
}
