using System.Globalization;
using System.Text;
using CsCheck;
using HealthDataNode.Catalogue;
using HealthDataNode.Catalogue.Domain;
using HealthDataNode.Catalogue.Rdf;

namespace HealthDataNode.Services.Tests.Catalogue;

public sealed class Writing_Turtle
{
    private static readonly string[] Odd =
    [
        "http://a.example/<x>",
        "http://a b",
        "urn:x:y",
        "mailto:a@b.example",
        "javascript:x",
        "//c",
        "",
        "http://u@h/",
        "http:",
    ];

    private static readonly Gen<string> AnyText = Gen.OneOf(
        Gen.String,
        Gen.Char["\"\\\n\r\t'.><@^#u0\u0001\ud800\u2028"].Array[0, 40].Select(characters => new string(characters)),
        Gen.Const("\"\"\" . <http://evil.example> a <http://evil.example/> . \"")
    );

    private static readonly Gen<string> AnyIri = Gen.OneOf(
        AnyText,
        AnyText.Select(text => "http://a.example/" + text),
        Gen.Char[' ', '~'].Array[0, 30].Select(characters => new string(characters)).Select(text => "https://b.example/" + text),
        Gen.Int[0, Odd.Length - 1].Select(i => Odd[i])
    );

    [Fact]
    public void Keeps_any_text_inside_its_quotes() =>
        AnyText.Sample(text =>
        {
            var turtle = new TurtleWriter();
            turtle.Resource(
                "urn:x:subject",
                "dcat:Dataset",
                dataset => dataset.Text("dct:title", text, "nb").Flag("healthdcatap:hasStructuredData", true)
            );
            var document = turtle.ToString();
            var body = document[(document.IndexOf("dct:title ", StringComparison.Ordinal) + "dct:title ".Length)..];
            var (value, length) = ReadLiteral(body);
            Assert.Equal(Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)), value);
            Assert.Equal("@nb ;\n    healthdcatap:hasStructuredData true .\n", body[length..]);
        });

    [Fact]
    public void Takes_no_IRI_that_could_leave_its_brackets() =>
        AnyIri.Sample(iri =>
        {
            var turtle = new TurtleWriter();
            void Write() => turtle.Resource("urn:x:subject", "dcat:Dataset", dataset => dataset.Iri("dct:license", iri));
            if (!Iri.IsValid(iri))
            {
                Assert.Throws<ArgumentException>(Write);
                return;
            }
            Assert.DoesNotContain(iri, character => character <= ' ' || "<>\"{}|^`\\".Contains(character, StringComparison.Ordinal));
            Write();
            Assert.EndsWith($"dct:license <{iri}> .\n", turtle.ToString(), StringComparison.Ordinal);
        });

    [Theory]
    [InlineData("http://data.europa.eu/eli/reg/2025/327/oj", true)]
    [InlineData("https://lovdata.no/forskrift/2001-12-21-1477", true)]
    [InlineData("https://example.no/ærlig", true)]
    [InlineData("urn:oid:2.16.578.1.12.4.1.2.101", true)]
    [InlineData("http://a.example/> . <http://b.example", false)]
    [InlineData("http://a.example/\u0000", false)]
    [InlineData("javascript:alert(1)", false)]
    [InlineData("relative/path", false)]
    [InlineData("http:///nohost", false)]
    [InlineData(" http://a.example", false)]
    public void Knows_an_IRI_when_it_sees_one(string text, bool valid) => Assert.Equal(valid, Iri.IsValid(text));

    [Fact]
    public void Refuses_names_and_languages_that_are_not_in_its_tables()
    {
        var turtle = new TurtleWriter();
        Assert.Throws<ArgumentException>(() => turtle.Text("evil:x", "y"));
        Assert.Throws<ArgumentException>(() => turtle.Text("dct:title ; a", "y"));
        Assert.Throws<ArgumentException>(() => turtle.Text("dct:title", "y", "nb . "));
    }

    [Fact]
    public void Writes_any_description_that_passes_the_rules()
    {
        var profile = new HealthDcatAp(new CatalogueOptions());
        AnyText.Sample(text =>
        {
            var local = new LocalText { Nb = text, En = text };
            var description = new PublishedDescription
            {
                Version = 1,
                Source = "cancer",
                Holder = "cancerregistry",
                HolderOrg = "999000101",
                HolderName = text,
                Title = local,
                Summary = local,
                Keywords = new LocalWords { Nb = [text], En = [text] },
                HealthCategories = ["MRMR"],
                HealthThemes = ["CANCER_DISEASE"],
                Provenance = local,
                ContactEmail = "a@b.example",
                ContactPage = "https://b.example/",
                LegalBasis = text,
                ApplicableLegislation = [DescriptionRules.Ehds],
                Variables =
                [
                    new Variable
                    {
                        Name = "sex",
                        Title = local,
                        Summary = local,
                        Datatype = "string",
                    },
                ],
            };
            if (DescriptionRules.Check(description).Count > 0)
            {
                return;
            }
            var document = profile.Write(description);
            // Quotes come in pairs when escaped ones are put aside, and no text has begun a resource of its own.
            Assert.Equal(
                0,
                document.Replace(@"\\", "", StringComparison.Ordinal).Replace("\\\"", "", StringComparison.Ordinal).Count(c => c == '"') % 2
            );
            Assert.Equal(2, document.Split('\n').Count(line => line.StartsWith('<')));
        });
    }

    // Turtle's STRING_LITERAL_QUOTE, read by the grammar and by none of the writer's code.
    private static (string Value, int Length) ReadLiteral(string text)
    {
        Assert.Equal('"', text[0]);
        var value = new StringBuilder();
        for (var i = 1; ; i++)
        {
            switch (text[i])
            {
                case '"':
                    return (value.ToString(), i + 1);
                case '\n' or '\r':
                    Assert.Fail("A line end inside quotes.");
                    break;
                case '\\' when text[i + 1] == 'u':
                    value.Append((char)int.Parse(text.AsSpan(i + 2, 4), NumberStyles.HexNumber, CultureInfo.InvariantCulture));
                    i += 5;
                    break;
                case '\\':
                    value.Append(
                        text[i + 1] switch
                        {
                            't' => '\t',
                            'n' => '\n',
                            'r' => '\r',
                            'b' => '\b',
                            'f' => '\f',
                            '"' or '\'' or '\\' => text[i + 1],
                            _ => throw new FormatException("No such escape."),
                        }
                    );
                    i++;
                    break;
                default:
                    value.Append(text[i]);
                    break;
            }
        }
    }
}
