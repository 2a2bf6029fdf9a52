namespace HealthDataNode.Protocol.Documents;

/// <summary>A document or a seal was refused. The message never holds what the document says.</summary>
public sealed class DocumentRefusedException : Exception
{
    /// <summary>Refuses a document.</summary>
    /// <param name="refusal">Why, for a program.</param>
    /// <param name="message">Why, for a person.</param>
    /// <param name="inner">What was thrown beneath, if anything.</param>
    public DocumentRefusedException(Refusal refusal, string message, Exception? inner = null)
        : base(message, inner) => Refusal = refusal;

    /// <summary>Why, for a program.</summary>
    public Refusal Refusal { get; }

    /// <summary>Whether it is the seal, and not the document as such, that was refused.</summary>
    public bool IsSeal => Refusal >= Refusal.SealType;
}
