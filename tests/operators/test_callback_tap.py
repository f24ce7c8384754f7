from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from reactivex import operators as ops

import rillm
from rillm import Ending, callback_tap
from rillm.streams.stream import from_source
from rillm.testing import play
from tests.kit.chunks import chunk
from tests.kit.sources import SILENCE, Script, both

if TYPE_CHECKING:
    from collections.abc import Callable

    from rillm import Operator

    Collect = Callable[[Any], list[Any]]

CASES: list[tuple[list[Any], int, list[str]]] = [
    ([[chunk("a")]], 99, ["success", "success"]),
    ([[]], 99, ["success", "success"]),
    ([[chunk("a")], rillm.Timeout("late")], 99, ["failure", "raised"]),
    ([[chunk("a")], SILENCE], 1, ["cancelled"]),
    ([rillm.StreamConsumedError("read")], 99, ["raised"]),
]


def noted(names: list[str]) -> Operator[Any, Any]:
    """A tap that notes which of the lists is called, and how often."""

    def listener(name: str) -> Callable[[Ending], None]:
        return lambda _: names.append(name)

    return callback_tap([listener("success")] * 2, [listener("failure")], [listener("cancelled")])


@both
@pytest.mark.parametrize(("steps", "take", "names"), CASES)
def test_exactly_one_list(collect: Collect, steps: list[Any], take: int, names: list[str]) -> None:
    called: list[str] = []
    script = Script(*steps)
    try:
        collect(from_source(script).pipe(noted(called), ops.take(take)))
    except rillm.RillmError:
        called.append("raised")
    assert (called, script.live) == (names, 0)


@pytest.mark.parametrize(
    ("comes", "leave", "goes", "names"),
    [
        ("-a-b-|", None, "-a-b-|", ["success", "success"]),
        ("-a-b-X", None, "-a-b-X", ["failure"]),
        ("-a-b-c-|", 4, "-a-b----", ["cancelled"]),
        ("-a-b-", None, "-a-b-", []),
    ],
)
def test_marbles(comes: str, leave: float | None, goes: str, names: list[str]) -> None:
    called: list[str] = []
    assert play(noted(called), comes, leave=leave).marbles == goes
    assert called == names


def test_the_others_are_called_after_one_that_raises() -> None:
    seen: list[Ending] = []

    def raises(_: Ending) -> None:
        raise ZeroDivisionError

    list(from_source(Script([chunk("a")])).pipe(callback_tap([raises, seen.append])))
    assert len(seen) == 1


@both
def test_each_subscription_calls(collect: Collect) -> None:
    seen: list[Ending] = []
    stream = from_source(Script([chunk("a")])).pipe(callback_tap([seen.append]))
    collect(stream)
    collect(stream)
    assert len(seen) == 2
    assert seen[0].response is not seen[1].response
