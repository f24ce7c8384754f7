"""Many calls at a time: side by side, in order, and out of one budget."""

from __future__ import annotations

from itertools import permutations
from typing import TYPE_CHECKING, Any

import pytest

import rillm
from docs.cookbook import arena, budgeted_batch, interpreter
from rillm.testing import answer, fail, scripted, stall
from tests.kit.leaks import run
from tests.kit.sources import acollect, both

if TYPE_CHECKING:
    from collections.abc import Callable

    from rillm.testing import ScriptedCall

    Collect = Callable[[Any], list[Any]]

# Arena

TWO = ["openai/one", "openai/two"]
BUSY = rillm.RateLimitError("Too many rivers.")


@both
@pytest.mark.parametrize("broken", [BUSY, answer("Hi there").pipe(fail(BUSY, after=1))], ids=["at once", "later"])
def test_one_that_fails_leaves_the_other_alone(collect: Collect, broken: Any) -> None:
    late = answer("High up.").pipe(stall(after=0, seconds=0.02))
    with scripted("openai/one", rest=broken), scripted("openai/two", late):
        boards = collect(arena.arena(TWO, "Where?"))
    assert boards[-1]["openai/two"] == "High up."
    assert boards[-1]["openai/one"].endswith(" [RateLimitError]")
    assert len({tuple(board.values()) for board in boards}) == len(boards)  # and none was changed afterwards


def test_leaving_the_arena_closes_all() -> None:
    silent = answer("Late.").pipe(stall(after=0))
    with scripted("openai/one", silent) as ones, scripted("openai/two", silent) as twos, scripted("openai/3", "Hi."):
        for board in arena.arena([*TWO, "openai/3"], "Where?"):
            assert [call.is_open for call in [*ones, *twos]] == [True, True]
            assert list(board.values()) == ["", "", "Hi."]
            break
    assert [call.is_open for call in [*ones, *twos]] == [False, False]


# Interpreter

SENTENCES = ["One is here. ", "Two is there. ", "Three is far."]


def heard(call: ScriptedCall) -> str:
    sentence: str = call.messages[0]["content"].partition(": ")[2]
    return sentence


@pytest.mark.parametrize("pauses", [*permutations([0.0, 0.02, 0.04])])
def test_order_is_kept_whoever_is_ready_first(pauses: tuple[float, ...]) -> None:
    def translation(call: ScriptedCall) -> Any:
        text = heard(call)
        return answer(text).pipe(stall(after=0, seconds=pauses[SENTENCES.index(text)]))

    with scripted("openai/gpt-4o", "".join(SENTENCES)), scripted("openai/gpt-4o-mini", rest=translation):
        audio = acollect(interpreter.in_german(interpreter.talk("numbers")))
    assert [piece.decode() for piece in audio] == SENTENCES


def test_three_are_translated_at_a_time_and_all_are_closed_with_the_loop() -> None:
    at_work: list[int] = []

    def translation(call: ScriptedCall) -> Any:
        at_work.append(1 + sum(one.is_open for one in calls))
        return answer(heard(call)).pipe(stall(after=0, seconds=0.05 if "One" in heard(call) else None))

    async def main() -> None:
        async for audio in interpreter.in_german(interpreter.talk("numbers")):
            assert audio == SENTENCES[0].encode()
            break

    story = answer("".join(SENTENCES) + " Four is gone. Five is new. And").pipe(stall(after=16))
    with scripted("openai/gpt-4o", story) as talks, scripted("openai/gpt-4o-mini", rest=translation) as calls:
        run(main())
    assert max(at_work) == 3
    assert not any(call.is_open for call in [*talks, *calls])


def test_an_error_waits_for_its_turn() -> None:
    def translation(call: ScriptedCall) -> Any:
        if "Two" in heard(call):
            return rillm.BadRequestError("No.")
        return answer(heard(call)).pipe(stall(after=0, seconds=0.05))

    spoken: list[bytes] = []
    with (
        scripted("openai/gpt-4o", "".join(SENTENCES)),
        scripted("openai/gpt-4o-mini", rest=translation),
        pytest.raises(rillm.BadRequestError),
    ):
        acollect(interpreter.in_german(interpreter.talk("numbers")).do_action(spoken.append))
    assert spoken == [SENTENCES[0].encode()]


# Budgeted batch

REVIEWS = [f"Bag {number}" for number in range(100)]


@both
def test_no_more_than_the_budget_is_spent(collect: Collect) -> None:
    """But for the chunk that uses it up. What was finished before is kept."""
    budget = rillm.Budget(usd=0.0001)
    done: list[str] = []
    with scripted("openai/*", rest=budgeted_batch.model) as calls, pytest.raises(rillm.BudgetExceededError):
        collect(budgeted_batch.summaries(REVIEWS, budget).do_action(done.append))
    assert 0.0001 <= budget.spent_usd < 0.00011
    assert 5 < len(done) < len(calls) < 20
    assert all(summary.endswith("short.") for summary in done)
    assert not any(call.is_open for call in calls)


@both
def test_what_is_under_way_is_cut(collect: Collect) -> None:
    """The third one talks until the budget is gone; two others have fallen silent, and are closed."""
    budget = rillm.Budget(output_tokens=300)
    silent = [answer("Four is").pipe(stall(after=1))] * 2
    answers: list[Any] = ["One.", "Two.", "Three.", *silent, " ".join(map(str, range(1000)))]
    done: list[str] = []
    with scripted("openai/*", *answers) as calls, pytest.raises(rillm.BudgetExceededError):
        collect(budgeted_batch.summaries(REVIEWS, budget).do_action(done.append))
    assert set(done) == {"One.", "Two.", "Three."}
    assert [call.is_open for call in calls] == [False] * 6
    assert 300 <= budget.spent_output_tokens < 310
