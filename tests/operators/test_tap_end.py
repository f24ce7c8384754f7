from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from reactivex import operators as ops

import rillm
from rillm import Ending, tap_end
from rillm.streams.stream import from_source
from rillm.testing import play
from tests.kit.chunks import chunk
from tests.kit.sources import SILENCE, Script, both

if TYPE_CHECKING:
    from collections.abc import Callable

    from reactivex import Observable

    Collect = Callable[[Any], list[Any]]


def told(collect: Collect, *steps: Any, take: int = 99) -> list[Ending]:
    """The endings of one stream."""
    endings: list[Ending] = []
    stream = from_source(Script(*steps)).pipe(tap_end(endings.append), ops.take(take))
    with suppress(rillm.Timeout):
        collect(stream)
    return endings


def content(ending: Ending) -> str | None:
    return ending.response.choices[0].message.content if ending.response else None


@both
@pytest.mark.parametrize(
    ("steps", "take", "text", "failed", "cancelled"),
    [
        ([[chunk("a")], [chunk("b", finish="stop")]], 99, "ab", False, False),
        ([[chunk("a")], rillm.Timeout("late")], 99, "a", True, False),
        ([[chunk("a")], SILENCE], 1, "a", False, True),
        ([[chunk("a"), chunk("b")], SILENCE], 1, "a", False, True),
        ([rillm.Timeout("late")], 99, None, True, False),
        ([], 99, None, False, False),
    ],
)
def test_endings(  # noqa: PLR0913 - a row of the table
    collect: Collect, steps: list[Any], take: int, text: str | None, *, failed: bool, cancelled: bool
) -> None:
    (ending,) = told(collect, *steps, take=take)
    assert content(ending) == text
    assert (ending.error is not None, ending.cancelled) == (failed, cancelled)
    assert (ending.first_chunk_at is None) == (text is None)


@pytest.mark.parametrize(
    ("comes", "leave", "goes", "told"),
    [
        ("-a-b-|", None, "-a-b-|", [(5, "ab", None, False)]),
        ("-a-b-X", None, "-a-b-X", [(5, "ab", ValueError, False)]),
        ("-a-b-c-", 4, "-a-b---", [(4, "ab", None, True)]),
        ("-X", None, "-X", [(1, None, ValueError, False)]),
        ("--|", None, "--|", [(2, None, None, False)]),
        ("----", 2, "----", [(2, None, None, True)]),
        ("-a--", None, "-a--", []),
        ("-a-|", 9, "-a-|", [(3, "a", None, False)]),
    ],
)
def test_when_it_is_told(comes: str, leave: float | None, goes: str, told: list[Any]) -> None:
    endings: list[Any] = []

    def tapped(source: Observable[Any]) -> Observable[Any]:
        clock: list[Any] = []

        def tell(ending: Ending) -> None:
            now = clock[0].to_seconds(clock[0].now)
            endings.append((now, content(ending), type(ending.error) if ending.error else None, ending.cancelled))

        def subscribe(observer: Any, scheduler: Any = None) -> Any:
            clock.append(scheduler)
            return source.pipe(tap_end(tell)).subscribe(observer, scheduler=scheduler)

        return rillm.Stream(subscribe)

    assert play(tapped, comes, leave=leave, error=ValueError("X")).marbles == goes
    assert endings == told


@both
def test_each_subscription_is_told_of(collect: Collect) -> None:
    endings: list[Ending] = []
    stream = from_source(Script([chunk("a")], [chunk("b")])).pipe(tap_end(endings.append))
    assert collect(stream) == collect(stream)
    assert [content(ending) for ending in endings] == ["ab", "ab"]


def test_leaving_lets_go_of_the_source() -> None:
    script = Script([chunk("a")], SILENCE)
    for _ in from_source(script).pipe(tap_end(lambda _: None)):
        break
    assert (script.opened, script.live) == (1, 0)
    assert play(tap_end(lambda _: None), "-a-b-c-|", leave=4).source == "^---!"


def test_an_error_gets_its_partial() -> None:
    error = rillm.Timeout("late")
    with pytest.raises(rillm.Timeout):
        list(from_source(Script([chunk("a")], error)).pipe(tap_end(lambda _: None)))
    assert error.partial is not None
    assert error.partial.choices[0].message.content == "a"
    assert error.partial.choices[0].finish_reason is None
    assert error.partial.usage.is_estimated


@pytest.mark.parametrize(
    ("steps", "error", "is_mid_stream"),
    [
        ([[chunk("a")]], rillm.Timeout("late"), True),
        ([[chunk("a")]], rillm.StreamConsumedError("read"), False),
        ([], rillm.AuthenticationError("who?"), False),
    ],
)
def test_an_error_in_mid_stream_is_one(steps: list[Any], error: rillm.RillmError, *, is_mid_stream: bool) -> None:
    endings: list[Ending] = []
    with pytest.raises(type(error)) as caught:
        list(from_source(Script(*steps, error)).pipe(tap_end(endings.append)))
    assert caught.value is error is endings[0].error
    assert isinstance(error, rillm.MidStreamFallbackError) == is_mid_stream
    if isinstance(error, rillm.MidStreamFallbackError):
        assert (error.generated_content, error.is_pre_first_chunk) == ("a", False)


@pytest.mark.parametrize("skipped", [1, 2])
def test_the_partial_of_the_first_tap_stays(skipped: int) -> None:
    error = rillm.Timeout("late")
    taps: list[Any] = [tap_end(lambda _: None), ops.skip(skipped), tap_end(lambda _: None)]
    with pytest.raises(rillm.Timeout):
        list(from_source(Script([chunk("a"), chunk("b")], error)).pipe(*taps))
    assert error.partial is not None
    assert error.partial.choices[0].message.content == "ab"


def test_foreign_errors_pass_untouched() -> None:
    endings: list[Ending] = []
    with pytest.raises(ValueError, match="X"):
        list(from_source(Script([chunk("a")], ValueError("X"))).pipe(tap_end(endings.append)))
    assert isinstance(endings[0].error, ValueError)


def test_the_action_comes_before_the_end() -> None:
    order: list[str] = []
    stream = from_source(Script([chunk("a")])).pipe(tap_end(lambda _: order.append("action")))
    stream.subscribe(lambda _: order.append("item"), on_completed=lambda: order.append("end"))
    assert order == ["item", "action", "end"]


def test_an_action_that_raises_changes_nothing() -> None:
    def raises(_: Ending) -> None:
        raise ZeroDivisionError

    assert len(list(from_source(Script([chunk("a")])).pipe(tap_end(raises)))) == 1
