"""`budget`. Words of three letters with a blank are one token each, however they are counted."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any

import pytest
from reactivex import operators as ops

import rillm
from rillm import Budget, BudgetExceededError, budget
from rillm.streams.iterables import AsyncIterableSource
from rillm.streams.model import set_hidden_params
from rillm.streams.pieces import finish
from rillm.streams.stream import from_source
from rillm.testing import chunk, play
from tests.kit.leaks import run
from tests.kit.sources import SILENCE, Script, both

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from rillm import ModelResponseStream

    Collect = Callable[[Any], list[Any]]

pytestmark = pytest.mark.usefixtures("counting")

PRICED = "gpt-4o-mini"
IN, OUT = 0.15e-6, 0.6e-6  # USD per token of that model
CALL = {"price_provider": "openai", "prompt_tokens_estimate": 1000}


def words(*texts: str, model: str = PRICED, **hidden: Any) -> list[ModelResponseStream]:
    """Chunks of one call."""
    of_call = {**CALL, **hidden}
    chunks = [chunk(text, model=model) for text in texts]
    for one in chunks:
        set_hidden_params(one, of_call)
    return chunks


@pytest.mark.parametrize(
    ("then", "marbles", "out", "source"),
    [
        ("error", "-_the-_cat-_sat-|", "-_the-(_cat,X)", "^-----!"),
        ("stop", "-_the-_cat-_sat-|", "-_the-(_cat,=length,|)", "^-----!"),
        ("stop", "-_the_cat_sat-|", "-(_the_cat_sat,=length,|)", "^!"),  # it is paid already
        ("error", "-_the-=stop-|", "-_the-=stop-|", "^-----------!"),
        ("error", "-_the-LAST-|", "-_the-LAST-|", "^----------!"),  # it is at its end
        ("error", "-~_the-~_cat-_sat-|", "-~_the-(~_cat,X)", "^------!"),
        ("error", "-_the-X", "-_the-X", "^-----!"),
        ("error", "-_the-=stop-MORE-|", "-_the-=stop-MORE-|", "^----------------!"),  # its end has come already
        ("error", "-OTHER-LAST-OTHER-|", "-OTHER-(LAST,X)", "^------!"),  # another choice goes on
        ("error", "-_the-=stop-_cat-_sat-|", "-_the-=stop-(_cat,X)", "^-----------!"),  # so does another answer
    ],
)
def test_marbles(then: Any, marbles: str, out: str, source: str) -> None:
    usage = {"prompt_tokens": 1, "completion_tokens": 9}
    values = {"LAST": chunk(" cat", finish="stop"), "MORE": chunk(usage=usage), "OTHER": chunk(" the", index=1)}
    played = play(budget(Budget(output_tokens=2), then), marbles, values=values)
    assert (played.marbles, played.source) == (out, source)


@both
def test_it_is_shared(collect: Collect) -> None:
    """One stream after the other, and one that comes too late: its request is never sent."""
    shared = Budget(output_tokens=5)
    assert len(collect(from_source(Script(words(" the", " cat"))).pipe(budget(shared)))) == 2
    with pytest.raises(BudgetExceededError, match="5 of 5 output tokens") as caught:
        collect(from_source(Script(words(" the", " cat", " sat", " mat"))).pipe(budget(shared)))
    assert (caught.value.current_cost, caught.value.max_budget, caught.value.model) == (5, 5, PRICED)
    assert caught.value.partial is not None
    assert caught.value.partial.choices[0].message.content == " the cat sat"
    late = Script(words(" the"))
    with pytest.raises(BudgetExceededError) as refused:
        collect(from_source(late).pipe(budget(shared)))
    assert (late.opened, refused.value.partial) == (0, None)
    (finish,) = collect(from_source(late).pipe(budget(shared, then="stop")))
    assert (late.opened, finish.choices[0].finish_reason) == (0, "length")


@both
@pytest.mark.parametrize("then", ["error", "stop"])
def test_all_that_go_on_end(collect: Collect, then: Any) -> None:
    """Also those that are silent just then; each by itself, so that a merged stream ends well."""
    shared = Budget(output_tokens=3)
    silent: list[Script[Any]] = [Script(words(" the"), SILENCE), Script(SILENCE)]
    talker: Script[Any] = Script(words(" the"), 0.05, words(" cat"), SILENCE)
    streams = [from_source(one).pipe(budget(shared, then)) for one in (*silent, talker)]
    seen: list[Any] = []
    merged = rillm.merge(*streams).pipe(ops.do_action(seen.append))
    if then == "error":
        with pytest.raises(BudgetExceededError):
            collect(merged)
    else:
        collect(merged)
        assert [one.choices[0].finish_reason for one in seen] == [None] * 3 + ["length"] * 3
    assert [one.live for one in (*silent, talker)] == [0, 0, 0]


@pytest.mark.parametrize(
    ("limits", "left", "is_used_up"),
    [
        ({"usd": 1.0}, (0.75, None), False),
        ({"output_tokens": 3}, (None, 1), False),
        ({"usd": 0.25, "output_tokens": 3}, (0.0, 1), True),
        ({"usd": 0.5, "output_tokens": 1}, (0.25, 0), True),
    ],
)
def test_what_is_left(limits: dict[str, Any], left: tuple[Any, Any], *, is_used_up: bool) -> None:
    shared = Budget(**limits)
    assert shared.spend(Nobody(), 0.25, 2) is is_used_up
    assert ((shared.left_usd, shared.left_output_tokens), shared.is_used_up) == (left, is_used_up)


class Nobody:
    def stop(self) -> None: ...

    def settle(self) -> None: ...


def test_how_it_is_shown() -> None:
    shared = Budget(usd=0.5)
    shared.spend(Nobody(), 0.25, 2)
    assert repr(shared) == "Budget(usd=0.5, spent_usd=0.25, output_tokens=None, spent_output_tokens=2)"


@pytest.mark.parametrize("arguments", [{}, {"usd": -1}, {"output_tokens": -1}, {"usd": 1, "output_tokens": -1}])
def test_no_budget(arguments: dict[str, Any]) -> None:
    with pytest.raises(rillm.BadRequestError):
        Budget(**arguments)


def test_no_way_to_end() -> None:
    with pytest.raises(rillm.BadRequestError):
        budget(Budget(usd=1), "finish")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(
    ("chunks", "usd"),
    [
        (words(" the", " cat"), 1000 * IN + 2 * OUT),
        (words(" the", " cat", rates=[1.0, 2.0]), 1000 + 4),
        (words(" the", model="unheard-of", rates=[None, 2.0]), 2),
        (words(" the", price_provider="any"), 1000 * IN + OUT),
        # A report replaces all that was estimated.
        (words(" the", usage=rillm.Usage(prompt_tokens=10)), 10 * IN + OUT),
        (words(" the", usage=rillm.Usage(prompt_tokens=10, completion_tokens=50)), 10 * IN + 50 * OUT),
        (words(" the", usage=rillm.Usage(prompt_tokens=10, completion_tokens=50, cost=0.5)), 0.5),
        (words(" the", usage=rillm.Usage(10, 5, prompt_tokens_details={"cached_tokens": 10})), 10 * IN / 2 + 5 * OUT),
    ],
)
def test_dollars(chunks: list[ModelResponseStream], usd: float) -> None:
    shared = Budget(usd=10_000)
    list(rillm.of(*chunks).pipe(budget(shared)))
    assert shared.spent_usd == pytest.approx(usd)


def test_dollars_are_counted_while_it_goes_on() -> None:
    """The same as at the end, whose price is looked up."""
    shared = Budget(usd=1)
    chunks = words(*[" the"] * 50)
    stream = from_source(Script(*[[one] for one in chunks])).pipe(budget(shared))
    for number, _ in enumerate(stream, start=1):
        assert shared.spent_usd == pytest.approx(1000 * IN + number * OUT)


def test_a_prompt_may_use_it_up() -> None:
    with pytest.raises(BudgetExceededError, match=r"0\.000151 of 0\.000150 US dollars") as caught:
        list(rillm.of(*words(" the", " cat")).pipe(budget(Budget(usd=0.00015))))
    assert caught.value.max_budget == 0.00015
    assert caught.value.current_cost == pytest.approx(1000 * IN + OUT)


@both
@pytest.mark.parametrize("then", ["error", "stop"])
def test_a_price_that_nobody_knows(collect: Collect, then: Any) -> None:
    source = Script(words(" the", " cat", model="unheard-of"))
    with pytest.raises(rillm.BadRequestError, match="'unheard-of' is not known"):
        collect(from_source(source).pipe(budget(Budget(usd=1), then)))
    assert source.live == 0
    tokens = Budget(output_tokens=9)
    assert len(collect(from_source(source.fresh()).pipe(budget(tokens, then)))) == 2
    assert (tokens.spent_output_tokens, tokens.spent_usd) == (2, 0.0)


def test_a_report_gives_back_what_was_estimated_too_high() -> None:
    shared = Budget(output_tokens=8)
    usage = {"prompt_tokens": 1, "completion_tokens": 1}
    for _ in range(5):
        list(rillm.of(*words(" the", " cat", " sat"), chunk(usage=usage)).pipe(budget(shared)))
    assert shared.spent_output_tokens == 5


def test_a_report_at_the_end_ends_others_and_not_its_own_stream() -> None:
    shared = Budget(output_tokens=8)
    other = iter(from_source(Script(words(" the"), SILENCE)).pipe(budget(shared)))
    next(other)
    usage = rillm.Usage(prompt_tokens=1, completion_tokens=50)
    hidden: dict[str, Any] = {}
    one = chunk(" the")
    set_hidden_params(one, hidden)
    talk = rillm.of(one).pipe(ops.do_action(on_completed=lambda: hidden.update(usage=usage)), budget(shared))
    assert len(list(talk)) == 1
    with pytest.raises(BudgetExceededError, match="51 of 8"):
        next(other)


def test_an_answer_that_has_finished_is_whole() -> None:
    """Though its stream still waits for the usage when others have used the budget up."""
    shared = Budget(output_tokens=3)
    (one,) = words(" the", litellm_call_id="1")
    finished = iter(from_source(Script([one, finish(one, 0, "stop")], SILENCE)).pipe(budget(shared)))
    assert len([next(finished), next(finished)]) == 2
    with pytest.raises(BudgetExceededError):
        list(rillm.of(*words(" the", " cat")).pipe(budget(shared)))
    assert list(finished) == []


@pytest.mark.parametrize("together", [rillm.merge, rillm.concat])
def test_each_call_of_a_stream_is_paid(together: Any) -> None:
    """A report is of its own call alone, and each has its prompt."""
    usage = rillm.Usage(prompt_tokens=10, completion_tokens=50)
    calls = [words(" the", " cat", litellm_call_id=str(number), usage=usage) for number in range(3)]
    tokens, usd = Budget(output_tokens=1000), Budget(usd=1)
    list(together(*[rillm.of(*one) for one in calls]).pipe(budget(tokens), budget(usd)))
    assert tokens.spent_output_tokens == 150
    assert usd.spent_usd == pytest.approx(3 * (10 * IN + 50 * OUT))


def test_merged_calls_end_though_one_has_finished() -> None:
    """Those that are silent just then may go on."""
    shared = Budget(output_tokens=4)

    def stopped_by_a_third(one: Any, other: Any, third: Any) -> Any:
        nothing: rillm.Stream[Any] = rillm.of()
        ended = third.pipe(budget(shared), ops.on_error_resume_next(nothing))
        return rillm.merge(rillm.merge(one, other).pipe(budget(shared)), ended)

    (one,), (other,) = (words(" the", litellm_call_id=name) for name in "12")
    values = {"A": one, "B": other, "C": chunk(" cat sat")}
    played = play(stopped_by_a_third, "-A------", "---B-=stop-|", "------------C-|", values=values)
    assert played.marbles == "-A-B-=stop--(C,X)"


def test_what_had_come_just_then_is_not_paid() -> None:
    """Nor handed on: the connection is let go of already."""
    shared = Budget(output_tokens=3)

    async def main() -> None:
        coming: asyncio.Future[list[ModelResponseStream]] = asyncio.Future()

        async def blocks() -> AsyncIterator[list[ModelResponseStream]]:
            yield words(" the")
            yield await coming

        stream = aiter(from_source(AsyncIterableSource(blocks())).pipe(budget(shared)))
        await anext(stream)
        following = asyncio.ensure_future(anext(stream))
        await asyncio.sleep(0)
        coming.set_result(words(" cat"))
        with pytest.raises(BudgetExceededError):
            list(rillm.of(*words(" the", " cat")).pipe(budget(shared)))
        with pytest.raises(BudgetExceededError):
            await following

    run(main())
    assert shared.spent_output_tokens == 3


@both
def test_who_leaves_is_forgotten(collect: Collect) -> None:
    """And has paid for what came."""
    shared = Budget(output_tokens=2)
    source = Script(words(" the"), SILENCE)
    assert len(collect(from_source(source).pipe(budget(shared), ops.take(1)))) == 1
    assert (source.live, shared.spent_output_tokens) == (0, 1)
    stream = from_source(Script(words(" the"))).pipe(budget(shared))
    with pytest.raises(BudgetExceededError):
        collect(stream)


def test_a_consumer_that_leaves_at_the_last_chunk() -> None:
    told: list[object] = []
    taken = from_source(Script(words(" the", " cat"))).pipe(budget(Budget(output_tokens=1)), ops.take(1))
    taken.subscribe(told.append, told.append, lambda: told.append("end"))
    assert [type(one).__name__ for one in told] == ["ModelResponseStream", "str"]


def test_it_is_exact_among_threads() -> None:
    shared = Budget(output_tokens=10**6)
    chunks = words(*[" the"] * 500)
    threads = [threading.Thread(target=lambda: list(rillm.of(*chunks).pipe(budget(shared)))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert shared.spent_output_tokens == 8 * 500
