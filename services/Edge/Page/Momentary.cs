namespace HealthDataNode.Edge.Page;

/// <summary>
/// Answers kept for a moment: however many ask, each question is out once at a time and asked again when its answer is
/// stale. So many are kept at most; where another comes, the oldest goes.
/// </summary>
/// <param name="keep">How long an answer is good.</param>
/// <param name="most">How many are kept.</param>
/// <param name="time">The clock.</param>
internal sealed class Momentary<T>(TimeSpan keep, int most, TimeProvider time)
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, (Task<T> Answer, DateTimeOffset StaleAt)> kept = new(StringComparer.Ordinal);

    public int Count
    {
        get
        {
            lock (gate)
            {
                return kept.Count;
            }
        }
    }

    public Task<T> GetAsync(string question, Func<Task<T>> ask)
    {
        lock (gate)
        {
            var now = time.GetUtcNow();
            if (kept.TryGetValue(question, out var known) && (now < known.StaleAt || !known.Answer.IsCompleted))
            {
                return known.Answer;
            }

            kept.Remove(question);
            if (kept.Count == most)
            {
                kept.Remove(kept.MinBy(one => one.Value.StaleAt).Key);
            }

            var answer = ask();
            kept[question] = (answer, now + keep);
            return answer;
        }
    }
}
