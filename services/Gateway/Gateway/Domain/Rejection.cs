namespace HealthDataNode.Gateway.Domain;

/// <summary>Why an order died and where the fault stands. Never the value.</summary>
/// <param name="Code">One of <see cref="RejectionCodes"/>.</param>
/// <param name="Part">The part, from 1.</param>
/// <param name="Line">The line in the part, from 1; the header line counts.</param>
/// <param name="Column">The permitted column's name, or <c>token</c>.</param>
public sealed record Rejection(string Code, int? Part = null, long? Line = null, string? Column = null);

/// <summary>The codes of rejections.</summary>
public static class RejectionCodes
{
    /// <summary>The header line or a row has another column than the permit names, or in another order.</summary>
    public const string UndeclaredColumn = "undeclared-column";

    /// <summary>A value is not of its column's type.</summary>
    public const string WrongType = "wrong-type";

    /// <summary>A token that Pseudonymisation did not issue for this order, or no token at all.</summary>
    public const string UnknownToken = "unknown-token";

    /// <summary>A value holds what is, or cannot be told from, a person identifier.</summary>
    public const string IdentifierInCell = "identifier-in-cell";

    /// <summary>A line of more than 65,536 bytes.</summary>
    public const string LineTooLong = "line-too-long";

    /// <summary>A value longer than the permit's maxLength.</summary>
    public const string TooLong = "too-long";

    /// <summary>Tokens do not ascend, or a person's rows do not stand together.</summary>
    public const string RowOutOfOrder = "row-out-of-order";

    /// <summary>Not Crypt4GH to the order's key, no UTF-8, a control character, no line end at the end.</summary>
    public const string MalformedFile = "malformed-file";

    /// <summary>Bytes, length or number of rows are not what the holder's seal says.</summary>
    public const string SealMismatch = "seal-mismatch";

    /// <summary>The tokens issued and the tokens re-keyed differ.</summary>
    public const string AgreementFailed = "agreement-failed";

    /// <summary>The SPE found that the delivery is not what its manifest says.</summary>
    public const string DeliveryRefused = "delivery-refused";

    /// <summary>The permit has ended.</summary>
    public const string PermitNotInForce = "permit-not-in-force";

    /// <summary>The permit was revoked, or the decision about this source was, so that the permit no longer names it
    /// (EHDS 63(3)).</summary>
    public const string PermitRevoked = "permit-revoked";
}
