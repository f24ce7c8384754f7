"""Budgeted batch: as many calls as the money is enough for.

Hundreds of reviews are to be summarised, as many at a time as the provider can take, and for a hundredth of a cent.
What was finished when the money is gone is kept, what was under way is cut off, and the rest is not asked.

    Bag 1 is light, its strap short.
    Bag 2 is light, its strap short.
    Bag 3 is light, its strap short.
    Bag 4 is light, its strap short.
    Bag 5 is light, its strap short.
    Bag 6 is light, its strap short.
    Bag 7 is light, its strap short.
    Bag 8 is light, its strap short.
    Bag 9 is light, its strap short.
    Bag 10 is light, its strap short.
    10 of 300 for $0.0001
    15 were asked, 0 are still at it

Why it is right: each chunk is paid for as it comes, the prompt with the first one, all calls out of one `Budget`. The
chunk that uses it up is the last: at that moment all other calls let go of their connections, so the budget is
overdrawn by that chunk at most, and by what a provider reports beyond the estimate. `reduce` hands on whole summaries
only, so none that was cut is taken for one. `adaptive_merge` begins with one call and adds more while a summary takes
less than five seconds.
"""

import asyncio
from collections.abc import Iterable
from contextlib import suppress

from reactivex import operators as ops

import rillm
from rillm.testing import ScriptedCall, answer, scripted


def summaries(reviews: Iterable[str], budget: rillm.Budget) -> rillm.Stream[str]:
    """Whole summaries only, as they are finished."""

    def summary(review: str) -> rillm.Stream[str]:
        messages = [{"role": "user", "content": f"Summarise in five words: {review}"}]
        call = rillm.stream("openai/gpt-4o-mini", messages, max_tokens=20)
        return call.pipe(rillm.budget(budget), rillm.text(), ops.reduce(str.__add__, ""))

    return rillm.adaptive_merge(reviews, summary, target=5.0, max_concurrent=8)


async def main() -> None:
    budget = rillm.Budget(usd=0.0001)
    done: list[str] = []
    with suppress(rillm.BudgetExceededError):
        async for summary in summaries(REVIEWS, budget):
            done.append(summary)
            print(summary)
    print(f"{len(done)} of {len(REVIEWS)} for ${budget.spent_usd:.4f}")


REVIEWS = [f"Bag {number} is light and strong, but its strap is too short for me." for number in range(1, 301)]


def model(call: ScriptedCall) -> rillm.Stream[rillm.ModelResponseStream]:
    bag = call.messages[0]["content"].partition("Bag ")[2].split()[0]
    return answer(f"Bag {bag} is light, its strap short.", usage={"prompt_tokens": 27, "completion_tokens": 9})


if __name__ == "__main__":
    with scripted("openai/gpt-4o-mini", rest=model) as calls:  # without it the real model answers
        asyncio.run(main())
    print(f"{len(calls)} were asked, {sum(call.is_open for call in calls)} are still at it")
