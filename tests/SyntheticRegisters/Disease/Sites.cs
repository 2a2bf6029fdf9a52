using static HealthDataNode.SyntheticRegisters.Disease.AgeProfile;
using static HealthDataNode.SyntheticRegisters.Disease.Treatments;

namespace HealthDataNode.SyntheticRegisters.Disease;

/// <summary>What the cancer registry holds: ICD-10 C00-C97 with ICD-O-3 topography and morphology.</summary>
internal static class Sites
{
    /// <summary>The site of the comparison whose effect is known (see <see cref="Comparison"/>).</summary>
    public const string Lung = "Lung";

    // csharpier-ignore - a table: one site, one line
    public static readonly Site[] All =
    [
        // name, % of men, % of women, ages, ICD-10[=topography[=morphology]]:weight, morphologies, stages I-IV, survival I-IV
        new("Lip", .3, .15, Old, "C00.1:80 C00.0:8 C00.9:12", "8070/3:92 8071/3:8", "78 13 6 3", "96 88 65 35"),
        new("Tongue", .6, .5, Adult, "C02.1:55 C02.9:25 C02.3:20", "8070/3:90 8071/3:10", "38 20 16 26", "84 70 52 33"),
        new("Mouth", .5, .5, Old, "C04.9:25 C06.0:25 C06.9:15 C03.1:20 C05.0:15", "8070/3:88 8071/3:12", "34 20 14 32", "80 66 50 32"),
        new("Salivary glands", .2, .2, Adult, "C07=C07.9:70 C08.0:30", "8430/3:35 8200/3:30 8550/3:20 8140/3:15", "35 22 18 25", "93 82 66 40"),
        new("Oropharynx", .9, .3, Adult, "C09.9:62 C10.9:15 C01=C01.9:23", "8070/3:68 8072/3:20 8083/3:12", "30 25 20 25", "88 80 68 48"),
        new("Nasopharynx", .07, .03, Adult, "C11.9:70 C11.2:30", "8072/3:70 8020/3:30", "12 24 34 30", "90 78 65 45"),
        new("Hypopharynx", .2, .05, Old, "C12=C12.9:60 C13.9:40", "8070/3:100", "6 10 20 64", "55 45 35 22"),
        new("Oesophagus", 1.4, .6, Old, "C15.5:55 C15.4:20 C15.3:10 C15.9:15", "8140/3:62 8070/3:38", "12 20 33 35", "55 38 22 4"),
        new("Stomach", 1.4, .9, Old, "C16.0:30 C16.2:22 C16.3:25 C16.9:23", "8140/3:55 8144/3:20 8490/3:25", "22 20 22 36", "78 52 28 5"),
        new("Small intestine", .6, .6, Adult, "C17.0:25 C17.2:50 C17.9:25", "8240/3:45 8140/3:45 8936/3:10", "22 20 28 30", "92 84 70 42"),
        new("Colon", 7.8, 9.3, Old, "C18.0:22 C18.2:18 C18.3:5 C18.4:10 C18.5:4 C18.6:6 C18.7:30 C18.9:5", "8140/3:82 8480/3:11 8490/3:2 8210/3:5", "20 31 27 22", "97 90 75 17"),
        new("Rectum", 4, 3, Adult, "C20=C20.9:80 C19=C19.9:20", "8140/3:90 8480/3:6 8210/3:4", "27 24 29 20", "97 87 76 20"),
        new("Anus", .2, .45, Adult, "C21.1:60 C21.0:30 C21.8:10", "8070/3:86 8124/3:14", "24 34 32 10", "90 82 68 25"),
        new("Liver", 1.1, .5, Old, "C22.0:100", "8170/3:100", "30 22 24 24", "45 30 12 3"),
        new("Bile ducts in the liver", .35, .35, Old, "C22.1:100", "8160/3:100", "18 18 24 40", "40 26 12 3"),
        new("Gallbladder", .15, .3, Old, "C23=C23.9:100", "8140/3:90 8480/3:10", "12 24 20 44", "70 45 20 3"),
        new("Bile ducts outside the liver", .4, .35, Old, "C24.0:60 C24.1:40", "8140/3:70 8160/3:30", "22 34 20 24", "52 34 20 4"),
        new("Pancreas", 2.5, 2.7, Old, "C25.0:55 C25.1:15 C25.2:12 C25.9:18", "8500/3:50 8140/3:42 8246/3:8", "10 24 16 50", "38 20 8 2"),
        new("Nose and sinuses", .2, .15, Adult, "C30.0:55 C31.0:45", "8070/3:76 8200/3:24", "30 18 18 34", "82 66 52 36"),
        new("Larynx", .5, .1, Old, "C32.0:65 C32.1:30 C32.9:5", "8070/3:96 8071/3:4", "50 18 14 18", "90 76 58 38"),
        new(Lung, 9.4, 9.6, Old, "C34.1:52 C34.3:29 C34.2:6 C34.0:5 C34.9:8", "8140/3:54 8070/3:22 8041/3:15 8046/3:6 8012/3:3", "21 7 24 48", "70 48 12 1.5", Treatments.Lung),
        new("Thymus", .05, .05, Adult, "C37=C37.9:100", "8580/3:80 8586/3:20", "45 20 20 15", "95 88 72 45"),
        new("Bone", .12, .1, YoungAdult, "C40.2:50 C40.0:20 C41.4:30", "9180/3:46 9260/3:26 9220/3:28", "36 38 4 22", "88 74 60 32"),
        new("Melanoma", 7.4, 7.6, Middle, "C43.5=C44.5:42 C43.6=C44.6:20 C43.7=C44.7:22 C43.3=C44.3:9 C43.4=C44.4:4 C43.9=C44.9:3", "8743/3:62 8721/3:20 8742/3:6 8744/3:2 8720/3:10", "74 15 8 3", "99.5 90 76 36", Skin),
        new("Skin, not melanoma", 8.8, 7.4, Old, "C44.3:48 C44.4:20 C44.2:12 C44.6:13 C44.7:7", "8070/3:96 8247/3:2 8410/3:2", "80 14 4 2", "99.5 96 78 40", Skin),
        new("Mesothelioma", .4, .08, Old, "C45.0=C38.4:93 C45.1=C48.1:7", "9052/3:65 9050/3:20 9051/3:15", "22 14 34 30", "22 14 8 3"),
        new("Retroperitoneum", .1, .1, Adult, "C48.0:100", "8850/3:60 8890/3:40", "30 20 30 20", "85 72 55 22"),
        new("Soft tissue", .45, .4, Any, "C49.2:38 C49.1:20 C49.5:16 C49.6:18 C49.9:8", "8802/3:36 8850/3:26 8890/3:20 8830/3:18", "34 26 22 18", "92 82 62 22"),
        new("Breast", .15, 22, Middle, "C50.4:38 C50.9:20 C50.2:14 C50.5:8 C50.8:15 C50.3:5", "8500/3:80 8520/3:13 8480/3:3 8211/3:2 8523/3:2", "50 37 9 4", "99.5 96 80 34"),
        new("Vulva", 0, .55, Old, "C51.9:70 C51.0:30", "8070/3:93 8542/3:7", "58 12 20 10", "92 76 54 20"),
        new("Vagina", 0, .1, Old, "C52=C52.9:100", "8070/3:92 8140/3:8", "36 28 20 16", "84 68 46 18"),
        new("Cervix", 0, 1.9, YoungAdult, "C53.9:60 C53.0:20 C53.1:20", "8070/3:68 8140/3:26 8560/3:6", "58 14 17 11", "96 74 54 20"),
        new("Corpus uteri", 0, 4.4, Old, "C54.1:96 C54.9:4", "8380/3:80 8441/3:11 8980/3:6 8140/3:3", "74 7 12 7", "97 86 62 22"),
        new("Ovary", .0, 2.6, Adult, "C56=C56.9:100", "8461/3:38 8441/3:27 8380/3:12 8310/3:9 8470/3:7 8480/3:7", "26 8 44 22", "94 76 42 22"),
        new("Fallopian tube", 0, .5, Adult, "C57.0:100", "8461/3:72 8441/3:28", "20 10 46 24", "92 76 46 26"),
        new("Penis", .35, 0, Old, "C60.1:55 C60.9:25 C60.0:20", "8070/3:100", "50 28 14 8", "95 82 56 18"),
        new("Prostate", 27, 0, Old, "C61=C61.9:100", "8140/3:98 8500/3:2", "30 36 22 12", "99.8 99.5 96 42", Treatments.Prostate),
        new("Testis", 1.5, 0, YoungAdult, "C62.1:90 C62.9:8 C62.0:2", "9061/3:56 9070/3:18 9085/3:21 9080/3:5", "76 14 10 0", "99.8 98 90 90"),
        new("Kidney", 3, 1.8, Adult, "C64=C64.9:100", "8310/3:74 8260/3:14 8317/3:7 8312/3:5", "58 8 18 16", "97 88 70 18"),
        new("Kidney in children", .05, .05, ChildOnly, "C64=C64.9:100", "8960/3:100", "42 22 22 14", "98 96 92 82"),
        new("Renal pelvis and ureter", .4, .3, Old, "C65=C65.9:60 C66=C66.9:40", "8130/3:75 8120/3:25", "38 16 26 20", "88 70 46 10"),
        new("Urinary bladder", 6, 2.3, Old, "C67.2:30 C67.9:35 C67.0:7 C67.4:13 C67.3:8 C67.1:7", "8130/3:56 8120/3:42 8070/3:2", "58 20 12 10", "93 62 45 12"),
        new("Eye", .25, .2, Adult, "C69.3:78 C69.4:22", "8720/3:60 8771/3:18 8770/3:22", "34 40 20 6", "94 84 64 12"),
        new("Eye in children", .03, .03, ChildOnly, "C69.2:100", "9510/3:100", "60 22 14 4", "99 98 94 70"),
        new("Meninges", .1, .16, Old, "C70.0:90 C70.9:10", "9530/3:100", "", "70", Brain),
        new("Brain", 2, 1.6, Any, "C71.1:28 C71.2:26 C71.3:15 C71.9:15 C71.4:5 C71.6:5 C71.8:6", "9440/3:63 9400/3:13 9401/3:8 9450/3:10 9451/3:6", "", "16", Brain),
        new("Brain in children", .08, .08, ChildOnly, "C71.6:62 C71.7:38", "9470/3:52 9391/3:26 9400/3:22", "", "72", Brain),
        new("Thyroid", .8, 2, YoungAdult, "C73=C73.9:100", "8260/3:56 8340/3:20 8330/3:10 8345/3:5 8290/3:6 8020/3:3", "70 12 9 9", "99.8 99 95 55"),
        new("Adrenal gland", .05, .05, Adult, "C74.0:100", "8370/3:100", "10 36 20 34", "76 58 34 10"),
        new("Neuroblastoma", .05, .05, ChildOnly, "C74.9:70 C74.1:30", "9500/3:100", "30 15 15 40", "98 96 84 58"),
        new("Unknown primary", 1.1, 1.3, Old, "C80.0:55 C80.9:45", "8140/3:50 8010/3:34 8000/3:16", "", "12"),
        new("Hodgkin lymphoma", .45, .4, YoungAdult, "C81.1=C77.1=9663/3:58 C81.2=C77.0=9652/3:24 C81.9=C77.8=9650/3:18", "", "20 40 22 18", "96 94 86 74", Lymphoma),
        new("Follicular lymphoma", .55, .6, Adult, "C82.0=C77.8=9695/3:40 C82.1=C77.8=9691/3:38 C82.2=C77.2=9698/3:22", "", "20 16 24 40", "96 94 88 82", Lymphoma),
        new("B-cell lymphoma", 1.7, 1.4, Old, "C83.3=C77.8=9680/3:64 C83.3=C77.0=9680/3:12 C83.1=C77.8=9673/3:12 C83.0=C77.8=9670/3:12", "", "20 20 20 40", "86 80 68 58", Lymphoma),
        new("T-cell lymphoma", .35, .25, Adult, "C84.0=C44.9=9700/3:35 C84.4=C77.8=9702/3:65", "", "40 14 16 30", "88 66 50 36", Lymphoma),
        new("Lymphoma, not specified", .4, .35, Old, "C85.9=C77.9=9591/3:100", "", "22 18 20 40", "84 76 64 54", Lymphoma),
        new("Waldenström", .25, .15, Old, "C88.0=C42.0=9761/3:100", "", "", "78", Blood),
        new("Multiple myeloma", 1.7, 1.2, Old, "C90.0=C42.1=9732/3:100", "", "28 40 32 0", "78 62 42 42", Blood),
        new("Acute lymphoblastic leukaemia", .12, .1, Child, "C91.0=C42.1=9811/3:100", "", "", "82", Blood),
        new("Chronic lymphocytic leukaemia", 1.1, .7, Old, "C91.1=C42.1=9823/3:100", "", "", "88", Blood),
        new("Acute myeloid leukaemia", .5, .4, Any, "C92.0=C42.1=9861/3:100", "", "", "32", Blood),
        new("Chronic myeloid leukaemia", .2, .15, Adult, "C92.1=C42.1=9875/3:100", "", "", "90", Blood),
        new("Chronic myelomonocytic leukaemia", .15, .08, Old, "C93.1=C42.1=9945/3:100", "", "", "32", Blood),
    ];

    private static readonly Weighted<Site>[] Choices =
    [
        .. from sex in new[] { Population.Sex.Female, Population.Sex.Male }
        from band in Enumerable.Range(0, Bands)
        select new Weighted<Site>(All.Select(site => (site, (sex == Population.Sex.Male ? site.Male : site.Female) * site.Ages[band]))),
    ];

    public static Site Draw(Population.Sex sex, int age, ref Randomness random) => Choices[(int)sex * Bands + Band(age)].Draw(ref random);
}
