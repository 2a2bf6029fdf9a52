using System.Security.Cryptography;
using HealthDataNode.ServiceDefaults.Identity;
using HealthDataNode.ServiceDefaults.Problems;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace HealthDataNode.ServiceDefaults.Idempotency;

/// <summary>
/// <c>Idempotency-Key</c> (draft-ietf-httpapi-idempotency-key-header): the same key with the same body replays the first
/// answer; with another body it is refused. Key and effect commit in one transaction; a refusal is not remembered.
/// </summary>
public static class IdempotencyKey
{
    /// <summary>Requires the header on an endpoint whose use case works on <typeparamref name="TContext"/>.</summary>
    public static RouteHandlerBuilder RequireIdempotencyKey<TContext>(this RouteHandlerBuilder endpoint)
        where TContext : DbContext =>
        endpoint.AddEndpointFilter(
            async (invocation, next) =>
                await FilterAsync(invocation, next, invocation.HttpContext.RequestServices.GetRequiredService<TContext>())
        );

    /// <summary>Buffers bodies that carry a key, so that they can be hashed after binding. Before routing's endpoints.</summary>
    public static WebApplication UseIdempotencyKeys(this WebApplication app)
    {
        app.Use(
            (context, next) =>
            {
                if (context.Request.Headers.ContainsKey("Idempotency-Key"))
                {
                    context.Request.EnableBuffering();
                }
                return next(context);
            }
        );
        return app;
    }

    private static async Task<object?> FilterAsync(
        EndpointFilterInvocationContext invocation,
        EndpointFilterDelegate next,
        DbContext context
    )
    {
        var http = invocation.HttpContext;
        var key = http.Request.Headers["Idempotency-Key"].ToString();
        if (key.Length is 0 or > 100)
        {
            return Problem.Of(
                400,
                "idempotency-key-missing",
                "Idempotency-Key is missing",
                "Send a header Idempotency-Key of 1 to 100 characters, new for each act, the same when you repeat it."
            );
        }
        var operation = $"{http.Request.Method} {http.Request.Path}";
        var caller = http.User.Sub();
        var hash = await HashAsync(http);
        await using var transaction = await context.Database.BeginTransactionAsync(http.RequestAborted);
        var fresh = await context.Database.ExecuteSqlAsync(
            $"""
            INSERT INTO messaging.idempotency (caller, operation, key, request_hash)
            VALUES ({caller}, {operation}, {key}, {hash}) ON CONFLICT DO NOTHING
            """,
            http.RequestAborted
        );
        if (fresh == 0)
        {
            return await ReplayAsync(context, caller, operation, key, hash, http.RequestAborted);
        }
        var answer = await CaptureAsync(http, await next(invocation));
        if (answer.Status < 400)
        {
            await context.Database.ExecuteSqlAsync(
                $"""
                UPDATE messaging.idempotency SET status = {answer.Status}, content_type = {answer.ContentType}, location = {answer.Location}, body = {answer.Body}
                WHERE caller = {caller} AND operation = {operation} AND key = {key}
                """,
                http.RequestAborted
            );
            await transaction.CommitAsync(http.RequestAborted);
            http.RequestServices.GetService<Messaging.OutboxSignal>()?.Pulse();
        }
        return answer;
    }

    private static async Task<byte[]> HashAsync(HttpContext http)
    {
        if (!http.Request.Body.CanSeek)
        {
            throw new InvalidOperationException("UseIdempotencyKeys is missing: the body cannot be compared.");
        }
        http.Request.Body.Position = 0;
        return await SHA256.HashDataAsync(http.Request.Body, http.RequestAborted);
    }

    private static async Task<IResult> ReplayAsync(
        DbContext context,
        string caller,
        string operation,
        string key,
        byte[] hash,
        CancellationToken cancellationToken
    )
    {
        var connection = (NpgsqlConnection)context.Database.GetDbConnection();
        await using var read = new NpgsqlCommand(
            "SELECT request_hash, status, content_type, location, body FROM messaging.idempotency WHERE caller = $1 AND operation = $2 AND key = $3",
            connection
        );
        read.Parameters.AddWithValue(caller);
        read.Parameters.AddWithValue(operation);
        read.Parameters.AddWithValue(key);
        await using var row = await read.ExecuteReaderAsync(cancellationToken);
        if (!await row.ReadAsync(cancellationToken) || row.IsDBNull(1))
        {
            return Problem.Conflict("idempotency-key-in-use", "The first request is still running", "Repeat the request in a moment.");
        }
        if (!CryptographicOperations.FixedTimeEquals(row.GetFieldValue<byte[]>(0), hash))
        {
            return Problem.Of(
                422,
                "idempotency-key-reused",
                "Idempotency-Key was used for another request",
                "Use a new key for a new act; repeat an act with the very same body."
            );
        }
        return new Answer(
            row.GetInt32(1),
            row.IsDBNull(2) ? null : row.GetString(2),
            row.IsDBNull(3) ? null : row.GetString(3),
            row.IsDBNull(4) ? [] : row.GetFieldValue<byte[]>(4)
        );
    }

    private static async Task<Answer> CaptureAsync(HttpContext http, object? result)
    {
        var response = http.Response;
        var body = response.Body;
        using var captured = new MemoryStream();
        response.Body = captured;
        try
        {
            await ((IResult)result!).ExecuteAsync(http);
        }
        finally
        {
            response.Body = body;
        }
        var answer = new Answer(response.StatusCode, response.ContentType, response.Headers.Location, captured.ToArray());
        return answer;
    }

    private sealed record Answer(int Status, string? ContentType, string? Location, byte[] Body) : IResult
    {
        public async Task ExecuteAsync(HttpContext httpContext)
        {
            httpContext.Response.StatusCode = Status;
            httpContext.Response.ContentType = ContentType;
            if (Location is not null)
            {
                httpContext.Response.Headers.Location = Location;
            }
            httpContext.Response.ContentLength = Body.Length;
            await httpContext.Response.Body.WriteAsync(Body, httpContext.RequestAborted);
        }
    }
}
