using System.Diagnostics.CodeAnalysis;
using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Problems;
using Microsoft.AspNetCore.Http;

namespace HealthDataNode.Protocol.Uploads;

/// <summary>The service's side of uploads: who may, what is admitted, and what happens when a part is whole.</summary>
public interface IUploadReceiver
{
    /// <summary>Asked before anything else, at every call: may the caller touch this order's uploads?</summary>
    /// <param name="context">The request.</param>
    /// <param name="order">The order's id, from the path.</param>
    /// <returns>Null to go on; else the answer, as a rule <see cref="ProblemTypes.NotFound"/>.</returns>
    Task<ProtocolProblem?> AuthoriseAsync(HttpContext context, string order);

    /// <summary>Asked when a part is created, at a repeated creation too: verify the seal, and that the order
    /// still takes parts.</summary>
    /// <param name="context">The request.</param>
    /// <param name="order">The order's id, from the path.</param>
    /// <param name="seal">The seal JWS, not yet verified. A <see cref="DocumentRefusedException"/> that is thrown
    /// becomes the problem of its kind.</param>
    Task<UploadAdmission> AdmitAsync(HttpContext context, string order, string seal);

    /// <summary>Asked after <see cref="AuthoriseAsync"/>: how long may this request go on? Where the token ends, the
    /// request is cut off in the middle; what had come stays, and the sender asks again.</summary>
    /// <param name="context">The request.</param>
    /// <param name="order">The order's id, from the path.</param>
    CancellationToken WhileAllowed(HttpContext context, string order) => CancellationToken.None;

    /// <summary>Told when all bytes are there, as sealed, before the sender is. After a crash it is told again:
    /// it must be safe to repeat.</summary>
    /// <param name="context">The request.</param>
    /// <param name="upload">The upload; its bytes are in the store.</param>
    /// <returns>Null to accept. A problem below 500 deletes the upload; one from 500 on keeps it, and the sender
    /// asks again.</returns>
    Task<ProtocolProblem?> ReceiveAsync(HttpContext context, UploadState upload);
}

/// <summary>Whether a part may be uploaded.</summary>
public sealed record UploadAdmission
{
    private UploadAdmission(SignedDocument<Seal>? seal, ProtocolProblem? problem)
    {
        Seal = seal;
        Problem = problem;
    }

    /// <summary>The verified seal.</summary>
    public SignedDocument<Seal>? Seal { get; }

    /// <summary>Why not.</summary>
    public ProtocolProblem? Problem { get; }

    [MemberNotNullWhen(true, nameof(Seal))]
    [MemberNotNullWhen(false, nameof(Problem))]
    internal bool IsAdmitted => Seal is not null;

    /// <summary>Go on.</summary>
    /// <param name="seal">The verified seal.</param>
    public static UploadAdmission Admit(SignedDocument<Seal> seal) => new(seal, null);

    /// <summary>Refuse.</summary>
    /// <param name="problem">Why.</param>
    public static UploadAdmission Refuse(ProtocolProblem problem) => new(null, problem);
}
