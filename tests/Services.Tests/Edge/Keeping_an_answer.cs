using HealthDataNode.Edge.Page;

namespace HealthDataNode.Services.Tests.Edge;

/// <summary>What is behind the pages for everybody is asked for once, and so much is kept and no more.</summary>
public sealed class Keeping_an_answer
{
    private readonly MovableTime time = new(new DateTimeOffset(2026, 11, 26, 8, 0, 0, TimeSpan.Zero));

    [Fact]
    public async Task Asks_again_when_it_is_stale_and_not_while_the_question_is_out()
    {
        var kept = new Momentary<int>(TimeSpan.FromSeconds(1), 2, time);
        var (asked, slow) = (0, new TaskCompletionSource<int>());
        var first = kept.GetAsync("a", Ask);
        // The answer takes longer than it would be good for.
        time.Advance(TimeSpan.FromSeconds(5));
        Assert.Same(first, kept.GetAsync("a", Ask));
        Assert.Equal(1, asked);
        slow.SetResult(7);
        Assert.Equal(7, await first);
        Assert.NotSame(first, kept.GetAsync("a", Ask));
        Assert.Equal(7, await kept.GetAsync("a", Ask));
        Assert.Equal(2, asked);

        Task<int> Ask()
        {
            asked++;
            return slow.Task.IsCompleted ? Task.FromResult(slow.Task.Result) : slow.Task;
        }
    }

    [Fact]
    public void Keeps_so_many_at_most_and_lets_the_oldest_go()
    {
        var kept = new Momentary<string>(TimeSpan.FromSeconds(1), 3, time);
        var asked = new List<string>();
        foreach (var question in new[] { "a", "b", "c", "d", "d", "b", "a" })
        {
            kept.GetAsync(question, () => Ask(question));
            Assert.InRange(kept.Count, 1, 3);
            time.Advance(TimeSpan.FromMilliseconds(10));
        }

        Assert.Equal(["a", "b", "c", "d", "a"], asked);

        Task<string> Ask(string question)
        {
            asked.Add(question);
            return Task.FromResult(question);
        }
    }
}
