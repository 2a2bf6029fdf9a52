using HealthDataNode.Protocol.Documents;

namespace HealthDataNode.Protocol.Trust;

/// <summary>A new signing key signed by the one before it: what carries a permit's pin over to it.</summary>
internal static class Endorsement
{
    public static bool Holds(string? text, KeyRequest asked, IReadOnlyDictionary<string, TrustedKey> keys)
    {
        if (text is null || !asked.Key.IsSigning || asked.Sequence == 1)
        {
            return false;
        }

        try
        {
            var jws = DocumentReader.Read<KeyRequest>(text);
            var before = KeyStatement.KidOf(asked.Party, asked.Sequence - 1, asked.Use);
            if (jws.Kid != before || keys.GetValueOrDefault(before)?.Verifier is not { } key)
            {
                return false;
            }

            var request = DocumentReader.Open<KeyRequest>(jws, key).Payload;
            return request.Party == asked.Party
                && request.Use == asked.Use
                && request.Sequence == asked.Sequence
                && request.Key.Thumbprint == asked.Key.Thumbprint;
        }
        catch (DocumentRefusedException)
        {
            return false;
        }
    }
}
