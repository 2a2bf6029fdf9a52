using System.Text.Json;
using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Problems;
using HealthDataNode.Protocol.Seals;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.DependencyInjection;
using static HealthDataNode.Protocol.Uploads.UploadProtocol;

namespace HealthDataNode.Protocol.Uploads;

/// <summary>One request to an upload.</summary>
internal sealed class UploadCall<TReceiver>(HttpContext context, string order, UploadLanes lanes)
    where TReceiver : class, IUploadReceiver
{
    private readonly TReceiver receiver = context.RequestServices.GetRequiredService<TReceiver>();
    private readonly IUploadStore store = context.RequestServices.GetRequiredService<IUploadStore>();

    public async Task<IResult> LimitsAsync()
    {
        if (await receiver.AuthoriseAsync(context, order) is { } denied)
        {
            return denied.ToResult();
        }

        context.Response.Headers[LimitHeader] = Limits;
        return TypedResults.NoContent();
    }

    public async Task<IResult> CreateAsync()
    {
        if (await receiver.AuthoriseAsync(context, order) is { } denied)
        {
            return denied.ToResult();
        }

        if (CheckVersion() is { } version)
        {
            return version;
        }

        if (ReadBoolean(Header(CompleteHeader)) is not { } completes)
        {
            return BadHeader(CompleteHeader);
        }

        if (Header(SealHeader) is not { Length: > 0 } sealText)
        {
            return BadHeader(SealHeader);
        }

        UploadAdmission admission;
        try
        {
            admission = await receiver.AdmitAsync(context, order, sealText);
        }
        catch (DocumentRefusedException refused)
        {
            return ProtocolProblem.Of(refused).ToResult();
        }

        return admission.IsAdmitted ? await CreateAsync(admission.Seal, completes) : admission.Problem.ToResult();
    }

    public Task<IResult> HeadAsync(string name) =>
        WithUploadAsync(
            name,
            (state, _) =>
            {
                Describe(state.Offset, state.IsComplete);
                context.Response.Headers[LengthHeader] = Write(state.Seal.Length);
                context.Response.Headers.CacheControl = "no-store";
                return Task.FromResult<IResult>(TypedResults.NoContent());
            }
        );

    public Task<IResult> DeleteAsync(string name) =>
        WithUploadAsync(
            name,
            async (state, _) =>
            {
                if (state.IsComplete)
                {
                    return Completed();
                }

                await store.DeleteAsync(state.Key, CancellationToken.None);
                return TypedResults.NoContent();
            }
        );

    public Task<IResult> AppendAsync(string name) => WithUploadAsync(name, AppendAsync);

    private async Task<IResult> AppendAsync(UploadState state, CancellationToken overtaken)
    {
        if (context.Request.ContentType?.Split(';')[0].Trim() != PartialMediaType)
        {
            return Refuse(ProblemTypes.UploadHeader, 415, $"Send the content as {PartialMediaType}.");
        }

        if (ReadBoolean(Header(CompleteHeader)) is not { } completes)
        {
            return BadHeader(CompleteHeader);
        }

        if (ReadInteger(Header(OffsetHeader)) is not { } offset)
        {
            return BadHeader(OffsetHeader);
        }

        if (state.IsComplete)
        {
            // The answer to the last append was lost: it is given again.
            return completes && offset == state.Offset && !HasContent() ? Accepted(state) : Completed();
        }

        if (offset != state.Offset)
        {
            return Mismatch(state.Offset, offset);
        }

        return CheckLength(state.Seal.Length, offset, completes) ?? await TakeAsync(state, completes, created: false, overtaken);
    }

    private async Task<IResult> CreateAsync(SignedDocument<Seal> seal, bool completes)
    {
        if (CheckLength(seal.Payload.Length, 0, completes && HasContent()) is { } inconsistent)
        {
            return inconsistent;
        }

        var key = new UploadKey(order, seal.Payload.Type, seal.Payload.Part);
        return await InLaneAsync(
            key,
            async overtaken =>
            {
                var state = await store.CreateAsync(key, seal, CancellationToken.None);
                if (state.SealDigest != seal.Digest)
                {
                    return Refuse(
                        ProblemTypes.PartConflict,
                        409,
                        $"Part {key.Part} was begun or accepted under another seal; send the bytes that you sent first."
                    );
                }

                context.Response.Headers.Location = LocationOf(state);
                if (state.IsComplete)
                {
                    return Accepted(state);
                }

                // Content from the beginning is of use only where nothing is stored yet.
                if (state.Offset == 0 && HasContent())
                {
                    return await TakeAsync(state, completes, created: true, overtaken);
                }

                Describe(state.Offset, complete: false);
                return TypedResults.StatusCode(StatusCodes.Status201Created);
            }
        );
    }

    /// <summary>Appends, and finishes where the sender says that this was the last.</summary>
    private async Task<IResult> TakeAsync(UploadState state, bool completes, bool created, CancellationToken overtaken)
    {
        try
        {
            if (HasContent())
            {
                AllowMaximumAppend();
                state = state with { Offset = await store.AppendAsync(state, context.Request.Body, overtaken) };
            }
        }
        catch (UploadOverflowException)
        {
            await store.DeleteAsync(state.Key, CancellationToken.None);
            return Inconsistent("More bytes came than the seal says; the upload was deleted.");
        }
        catch (BadHttpRequestException e) when (e.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            context.Response.Headers[LimitHeader] = Limits;
            return Refuse(ProblemTypes.UploadTooLarge, 413, $"Send at most {MaximumAppend} bytes in a request.");
        }

        if (!completes)
        {
            Describe(state.Offset, complete: false);
            return TypedResults.StatusCode(created ? StatusCodes.Status201Created : StatusCodes.Status204NoContent);
        }

        return state.Offset < state.Seal.Length
            ? Inconsistent("The upload was said to be complete before all bytes of the seal had come.")
            : await FinishAsync(state);
    }

    private async Task<IResult> FinishAsync(UploadState state)
    {
        try
        {
            SealVerifier.Check(state.Seal, await store.MeasureAsync(state.Key, CancellationToken.None));
        }
        catch (DocumentRefusedException refused)
        {
            await store.DeleteAsync(state.Key, CancellationToken.None);
            context.Response.Headers[CompleteHeader] = Write(true);
            return (
                ProtocolProblem.Of(refused) with
                {
                    Type = ProblemTypes.SealMismatch,
                    Detail = "The bytes are not those of the seal; the upload was deleted. Send the part again.",
                }
            ).ToResult();
        }

        if (await receiver.ReceiveAsync(context, state) is not { } problem)
        {
            await store.AcceptAsync(state, CancellationToken.None);
            return Accepted(state);
        }

        var final = problem.Status < 500;
        if (final)
        {
            await store.DeleteAsync(state.Key, CancellationToken.None);
        }

        context.Response.Headers[CompleteHeader] = Write(final);
        return problem.ToResult();
    }

    private async Task<IResult> WithUploadAsync(string name, Func<UploadState, CancellationToken, Task<IResult>> act)
    {
        if (await receiver.AuthoriseAsync(context, order) is { } denied)
        {
            return denied.ToResult();
        }

        if (CheckVersion() is { } version)
        {
            return version;
        }

        return UploadResource.KeyOf(order, name) is not { } key
            ? NotFound()
            : await InLaneAsync(
                key,
                async overtaken =>
                    await store.FindAsync(key, CancellationToken.None) is { } state && UploadResource.NameOf(state) == name
                        ? await act(state, overtaken)
                        : NotFound()
            );
    }

    private async Task<IResult> InLaneAsync(UploadKey key, Func<CancellationToken, Task<IResult>> act)
    {
        try
        {
            using var turn = await lanes.EnterAsync(key, context.RequestAborted);
            using var may = CancellationTokenSource.CreateLinkedTokenSource(turn.Overtaken, receiver.WhileAllowed(context, order));
            return await act(may.Token);
        }
        catch (Exception e) when (IsClientGone(e))
        {
            // Overtaken, no longer allowed, or the client is gone: what came is stored, and nobody gets an answer.
            context.Abort();
            return TypedResults.Empty;
        }
    }

    private bool IsClientGone(Exception e) =>
        e is OperationCanceledException or BadHttpRequestException or ConnectionResetException
        || (e is IOException && context.RequestAborted.IsCancellationRequested);

    private IResult? CheckVersion() => Header(InteropVersionHeader) is null or InteropVersion ? null : BadHeader(InteropVersionHeader);

    /// <summary>Draft §Length: every indication of the length is the one of the seal.</summary>
    private IResult? CheckLength(long length, long offset, bool completes)
    {
        if (ReadInteger(Header(LengthHeader)) is { } stated && stated != length)
        {
            return Inconsistent("Upload-Length is not the length in the seal.");
        }

        if (context.Request.ContentLength is not { } content)
        {
            return null;
        }

        return offset + content > length || (completes && offset + content != length)
            ? Inconsistent("The content's length does not fit the length in the seal.")
            : null;
    }

    private bool HasContent() =>
        context.Request.ContentLength is > 0
        || (context.Request.ContentLength is null && context.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody == true);

    private void AllowMaximumAppend()
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = MaximumAppend;
        }
    }

    // Relative, so that it holds behind a proxy that shortens the path.
    private string LocationOf(UploadState state) =>
        context.Request.Path.Value!.TrimEnd('/').Split('/')[^1] + "/" + UploadResource.NameOf(state);

    private string? Header(string name) =>
        context.Request.Headers.TryGetValue(name, out var values) && values.Count == 1 ? values[0] : null;

    private void Describe(long offset, bool complete)
    {
        context.Response.Headers[OffsetHeader] = Write(offset);
        context.Response.Headers[CompleteHeader] = Write(complete);
        context.Response.Headers[LimitHeader] = Limits;
    }

    private NoContent Accepted(UploadState state)
    {
        Describe(state.Offset, complete: true);
        return TypedResults.NoContent();
    }

    private IResult Mismatch(long expected, long provided)
    {
        Describe(expected, complete: false);
        return (
            ProtocolProblem.Of(
                ProblemTypes.MismatchingUploadOffset,
                409,
                "offset from request does not match offset of resource",
                "Go on at expected-offset."
            ) with
            {
                Extensions = new Dictionary<string, JsonElement>
                {
                    ["expected-offset"] = JsonSerializer.SerializeToElement(expected, ProtocolProblemJson.Default.Int64),
                    ["provided-offset"] = JsonSerializer.SerializeToElement(provided, ProtocolProblemJson.Default.Int64),
                },
            }
        ).ToResult();
    }

    private IResult Completed() => Refuse(ProblemTypes.UploadCompleted, 409, "The upload was accepted and is not changed again.");

    private IResult Inconsistent(string detail) => Refuse(ProblemTypes.InconsistentUploadLength, 400, detail);

    private IResult BadHeader(string name) =>
        Refuse(ProblemTypes.UploadHeader, 400, $"{name} is missing, there twice, or not of interop version {InteropVersion}.");

    private static IResult NotFound() =>
        ProtocolProblem.Of(ProblemTypes.NotFound, 404, "No such upload", "Create the part; one that exists is given again.").ToResult();

    private IResult Refuse(string type, int status, string detail)
    {
        context.Response.Headers[CompleteHeader] = Write(false);
        return ProtocolProblem.Of(type, status, "The upload was refused", detail).ToResult();
    }
}
