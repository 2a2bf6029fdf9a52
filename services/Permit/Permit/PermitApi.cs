using HealthDataNode.Permit.Features;

namespace HealthDataNode.Permit;

/// <summary>Every use case of the service.</summary>
public static class PermitApi
{
    /// <summary>Maps them under <c>/v1</c>.</summary>
    public static void MapPermitApi(this IEndpointRouteBuilder app)
    {
        var v1 = app.MapGroup("/v1");
        DraftApplication.Map(v1);
        ReviseApplication.Map(v1);
        ReadApplication.Map(v1);
        CheckCompleteness.Map(v1);
        SubmitApplication.Map(v1);
        GiveInformation.Map(v1);
        WithdrawApplication.Map(v1);
        ReadCase.Map(v1);
        RequestInformation.Map(v1);
        ExtendTimeLimit.Map(v1);
        PrepareCase.Map(v1);
        DecideCase.Map(v1);
        DecideApproval.Map(v1);
        RevokeApproval.Map(v1);
        ReadFeeEstimate.Map(v1);
        ListPermits.Map(v1);
        ReadRegister.Map(v1);
        ReadStatistics.Map(v1);
        ReadRules.Map(v1);
        RecordRelease.Map(v1);
        ListReleases.Map(v1);
        ListDecisions.Map(v1);
        ReadPermitDocument.Map(v1);
        RevokePermit.Map(v1);
        RevokeDecision.Map(v1);
        CheckStates.Map(v1);
        CheckAccess.Map(v1);
        ReadKeyStatements.Map(v1);
    }
}
