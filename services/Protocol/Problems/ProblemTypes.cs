using HealthDataNode.Protocol.Documents;

namespace HealthDataNode.Protocol.Problems;

/// <summary>The problem types (RFC 9457) by which a party learns what to do about an error.</summary>
public static class ProblemTypes
{
    /// <summary>What every type of this node begins with.</summary>
    public const string Prefix = "https://healthdatanode.example/problems/";

    /// <summary>404: there is none, or it is not the caller's.</summary>
    public const string NotFound = Prefix + "not-found";

    /// <summary>400 or 422: a field is wrong; <c>errors</c> names it.</summary>
    public const string Invalid = Prefix + "invalid-request";

    /// <summary>401: no token, or one that is not valid here.</summary>
    public const string Unauthenticated = Prefix + "unauthenticated";

    /// <summary>403: the token lacks the role.</summary>
    public const string Forbidden = Prefix + "forbidden";

    /// <summary>409: the same Idempotency-Key with another request.</summary>
    public const string IdempotencyConflict = Prefix + "idempotency-conflict";

    /// <summary>409: somebody else changed it in between; read it again.</summary>
    public const string Stale = Prefix + "stale";

    /// <summary>422: a signed document was refused; member <c>refusal</c> says why.</summary>
    public const string DocumentRefused = Prefix + "document-refused";

    /// <summary>422: a seal was refused; member <c>refusal</c> says why.</summary>
    public const string SealRefused = Prefix + "seal-refused";

    /// <summary>422: the bytes are not those of the seal; the upload was deleted, send the part again.</summary>
    public const string SealMismatch = Prefix + "seal-mismatch";

    /// <summary>409: this part was accepted, or begun, with other bytes. Nothing to repeat: a fault of the sender.</summary>
    public const string PartConflict = Prefix + "part-conflict";

    /// <summary>409: the order takes nothing more: closed, delivered or expired.</summary>
    public const string OrderClosed = Prefix + "order-closed";

    /// <summary>413: more parts, or more bytes over all parts, than an order may have.</summary>
    public const string OrderTooLarge = Prefix + "order-too-large";

    /// <summary>409: what was sent for the order was rejected; it is dead, and a case officer orders anew.</summary>
    public const string OrderRejected = Prefix + "order-rejected";

    /// <summary>409: the permit is revoked, past its end, or not yet in force.</summary>
    public const string PermitNotInForce = Prefix + "permit-not-in-force";

    /// <summary>503: no fresh answer about the permit; wait and repeat.</summary>
    public const string PermitStateUnknown = Prefix + "permit-state-unknown";

    /// <summary>429: past the permit's identifier budget for the order; repeating does not help.</summary>
    public const string BudgetExceeded = Prefix + "budget-exceeded";

    /// <summary>422: identifiers or tokens are not strictly ascending, within a part or over the parts.</summary>
    public const string NotAscending = Prefix + "not-ascending";

    /// <summary>422: records are not of the form or number that their kind has.</summary>
    public const string RecordsMalformed = Prefix + "records-malformed";

    /// <summary>422: a token is forged, or of another order.</summary>
    public const string UnknownToken = Prefix + "unknown-token";

    /// <summary>409: the closing document leaves a part out, or names one that never came.</summary>
    public const string ClosingIncomplete = Prefix + "closing-incomplete";

    /// <summary>409: re-keying or delivery before the holder's closing document.</summary>
    public const string NotClosed = Prefix + "not-closed";

    /// <summary>503: the SPE is not approved now, or nobody can say; wait and repeat. 409 where a permit should name it.</summary>
    public const string EnvironmentNotApproved = Prefix + "environment-not-approved";

    /// <summary>400: a header of the upload protocol is missing or not of this version; <c>detail</c> names it.</summary>
    public const string UploadHeader = Prefix + "upload-header";

    /// <summary>413: more than the limits in <c>Upload-Limit</c>.</summary>
    public const string UploadTooLarge = Prefix + "upload-too-large";

    /// <summary>409: nothing can be appended to a complete upload.</summary>
    public const string UploadCompleted = Prefix + "upload-completed";

    /// <summary>409, of draft-ietf-httpbis-resumable-upload: go on at <c>expected-offset</c>.</summary>
    public const string MismatchingUploadOffset = "https://iana.org/assignments/http-problem-types#mismatching-upload-offset";

    /// <summary>400, of draft-ietf-httpbis-resumable-upload: lengths in headers, content and seal differ.</summary>
    public const string InconsistentUploadLength = "https://iana.org/assignments/http-problem-types#inconsistent-upload-length";

    /// <summary>The type that a refusal is answered with.</summary>
    /// <param name="refusal">The refusal.</param>
    public static string Of(Refusal refusal) =>
        refusal switch
        {
            Refusal.PermitNotInForce => PermitNotInForce,
            >= Refusal.SealType => SealRefused,
            _ => DocumentRefused,
        };
}
