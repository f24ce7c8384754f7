from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from reactivex import operators as ops

import rillm
from rillm import Ending, callback_tap
from rillm.streams.stream import from_source
from tests.kit.chunks import chunk
from tests.kit.sources import SILENCE, Script

if TYPE_CHECKING:
    from collections.abc import Callable

CASES: list[tuple[list[Any], int, list[str]]] = [
    ([[chunk("a")]], 99, ["success", "success"]),
    ([[]], 99, ["success", "success"]),
    ([[chunk("a")], rillm.Timeout("late")], 99, ["failure", "raised"]),
    ([[chunk("a")], SILENCE], 1, ["cancelled"]),
    ([rillm.StreamConsumedError("read")], 99, ["raised"]),
]


def called(*steps: Any, take: int = 99) -> list[str]:
    """Which of the lists were called, and how often."""
    names: list[str] = []

    def listener(name: str) -> Callable[[Ending], None]:
        return lambda _: names.append(name)

    tap = callback_tap([listener("success")] * 2, [listener("failure")], [listener("cancelled")])
    stream = from_source(Script(*steps)).pipe(tap, ops.take(take))
    try:
        list(stream)
    except rillm.RillmError:
        names.append("raised")
    return names


@pytest.mark.parametrize(("steps", "take", "names"), CASES)
def test_exactly_one_list(steps: list[Any], take: int, names: list[str]) -> None:
    assert called(*steps, take=take) == names


def test_the_others_are_called_after_one_that_raises() -> None:
    seen: list[Ending] = []

    def raises(_: Ending) -> None:
        raise ZeroDivisionError

    list(from_source(Script([chunk("a")])).pipe(callback_tap([raises, seen.append])))
    assert len(seen) == 1


def test_each_subscription_calls() -> None:
    seen: list[Ending] = []
    stream = from_source(Script([chunk("a")])).pipe(callback_tap([seen.append]))
    list(stream)
    list(stream)
    assert len(seen) == 2
