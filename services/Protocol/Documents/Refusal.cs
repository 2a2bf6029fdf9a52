namespace HealthDataNode.Protocol.Documents;

/// <summary>Why a document or a seal was refused. The names are stable: a program may act on them.</summary>
public enum Refusal
{
    /// <summary>Not a compact JWS, or its payload is not the JSON that its type asks for.</summary>
    Malformed,

    /// <summary>The header holds something else than exactly alg, typ and kid, or another algorithm than ES256.</summary>
    Header,

    /// <summary>Another <c>typ</c> than the one expected.</summary>
    WrongType,

    /// <summary>No statement signed by the root names this <c>kid</c>.</summary>
    UnknownKey,

    /// <summary>The signature does not verify.</summary>
    Signature,

    /// <summary>The key may not sign documents of this kind.</summary>
    WrongUse,

    /// <summary>The key belongs to another party than the one that this document must come from.</summary>
    WrongParty,

    /// <summary>The key's statement is not yet, or no longer, in force.</summary>
    KeyNotInForce,

    /// <summary>The payload breaks one of the rules of its kind.</summary>
    Invalid,

    /// <summary>The order and the permit, or the manifest and the order, do not belong together.</summary>
    Unrelated,

    /// <summary>The permit is outside its dates.</summary>
    PermitNotInForce,

    /// <summary>A newer version of this permit has been seen.</summary>
    OlderVersion,

    /// <summary>Another successor of the same version has been seen.</summary>
    SecondSuccessor,

    /// <summary>The next version names another applicant.</summary>
    OtherApplicant,

    /// <summary>The key is not the one that the permit pins, nor signed by it.</summary>
    NotPinned,

    /// <summary>The seal is of another type than expected.</summary>
    SealType,

    /// <summary>The seal is by another sender than expected.</summary>
    SealSender,

    /// <summary>The seal is for another recipient than expected.</summary>
    SealRecipient,

    /// <summary>The seal is for another order than expected.</summary>
    SealOrder,

    /// <summary>The seal is for another part than expected.</summary>
    SealPart,

    /// <summary>The seal answers another part than expected.</summary>
    SealAnswers,

    /// <summary>The number of rows is another than the seal says.</summary>
    SealRows,

    /// <summary>The number of bytes is another than the seal says.</summary>
    SealLength,

    /// <summary>The SHA-256 of the bytes is another than the seal says.</summary>
    SealSha256,
}
