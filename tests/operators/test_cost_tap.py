from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from reactivex import operators as ops

import rillm
from rillm import Cost, cost_tap
from rillm.streams.stream import from_source
from rillm.testing import play
from tests.kit.chunks import chunk
from tests.kit.sources import SILENCE, Script, both

if TYPE_CHECKING:
    from collections.abc import Callable

    Collect = Callable[[Any], list[Any]]

USAGE = {"prompt_tokens": 1000, "completion_tokens": 500, "total_tokens": 1500}
PRICED = "gpt-4o-mini"


def costs(*steps: Any, take: int = 99, collect: Collect = list) -> list[Cost]:
    """What is told of one stream."""
    told: list[Cost] = []
    script = Script(*steps)
    stream = from_source(script).pipe(cost_tap(told.append), ops.take(take))
    try:
        collect(stream)
    except rillm.Timeout:
        assert told
    assert script.live == 0
    return told


@both
@pytest.mark.parametrize(
    ("steps", "take", "completion_tokens", "estimated"),
    [
        ([[chunk("a" * 40, model=PRICED), chunk(model=PRICED, usage=USAGE)]], 99, 500, False),
        ([[chunk("a" * 40, model=PRICED)]], 99, 10, True),
        ([[chunk("a" * 40, model=PRICED)], rillm.Timeout("late")], 99, 10, True),
        ([[chunk("a" * 40, model=PRICED)], SILENCE], 1, 10, True),
    ],
)
def test_once_however_it_ended(
    collect: Collect, steps: list[Any], take: int, completion_tokens: int, *, estimated: bool
) -> None:
    (cost,) = costs(*steps, take=take, collect=collect)
    assert cost.usage.completion_tokens == completion_tokens
    assert cost.estimated is estimated
    assert cost.usd is not None
    assert cost.usd > 0


@pytest.mark.parametrize(
    ("comes", "leave", "goes", "tokens"),
    [
        ("-four-more-|", None, "-four-more-|", [2]),
        ("-four-X", None, "-four-X", [1]),
        ("-four--more-|", 6, "-four--------", [1]),
        ("----|", None, "----|", []),
        ("-four-", None, "-four-", []),
    ],
)
def test_marbles(comes: str, leave: float | None, goes: str, tokens: list[int]) -> None:
    told: list[Cost] = []
    assert play(cost_tap(told.append), comes, leave=leave).marbles == goes
    assert [cost.usage.completion_tokens for cost in told] == tokens


@both
def test_each_subscription_has_its_own_cost(collect: Collect) -> None:
    told: list[Cost] = []
    stream = from_source(Script([chunk("a" * 40, model=PRICED)])).pipe(cost_tap(told.append))
    collect(stream)
    collect(stream)
    assert [cost.usage.completion_tokens for cost in told] == [10, 10]


def test_a_callback_that_raises_changes_nothing() -> None:
    def raises(_: Cost) -> None:
        raise ZeroDivisionError

    assert play(cost_tap(raises), "-a-b-|").marbles == "-a-b-|"


def test_the_price() -> None:
    (cost,) = costs([chunk("a", model=PRICED), chunk(model=PRICED, usage=USAGE)])
    assert cost.usd == pytest.approx(1000 * 0.15e-6 + 500 * 0.6e-6)
    assert cost.response.hidden_params["response_cost"] == cost.usd


def test_no_price() -> None:
    (cost,) = costs([chunk("a", model="gpt-unheard-of")])
    assert cost.usd is None


def test_nothing_came() -> None:
    assert costs([]) == []


def test_the_last_usage_counts_and_none_is_summed() -> None:
    later = {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}
    (cost,) = costs([chunk("a", usage=USAGE), chunk(usage=later)])
    assert cost.usage.total_tokens == 3
