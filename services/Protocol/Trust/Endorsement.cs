using HealthDataNode.Protocol.Documents;

namespace HealthDataNode.Protocol.Trust;

/// <summary>A new signing key signed by the one before it: what carries a permit's pin over to it.</summary>
internal static class Endorsement
{
    public static bool Holds(string? text, KeyStatement statement, IReadOnlyDictionary<string, TrustedKey> keys)
    {
        if (text is null || !statement.Key.IsSigning || statement.Sequence == 1)
        {
            return false;
        }

        try
        {
            var jws = DocumentReader.Read<KeyRequest>(text);
            var before = KeyStatement.KidOf(statement.Party, statement.Sequence - 1, statement.Use);
            if (jws.Kid != before || keys.GetValueOrDefault(before)?.Verifier is not { } key)
            {
                return false;
            }

            var request = DocumentReader.Open<KeyRequest>(jws, key).Payload;
            return request.Party == statement.Party
                && request.Use == statement.Use
                && request.Sequence == statement.Sequence
                && request.Key.Thumbprint == statement.Key.Thumbprint;
        }
        catch (DocumentRefusedException)
        {
            return false;
        }
    }
}
