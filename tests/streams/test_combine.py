"""Streams of streams: right results, in both worlds, and every source is let go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import reactivex
import rillm
from reactivex import operators as ops
from rillm.streams.stream import from_source
from tests.kit.sources import SILENCE, Script, both

if TYPE_CHECKING:
    from collections.abc import Callable

    from rillm import Stream

    Collect = Callable[[Any], list[Any]]

pytestmark = pytest.mark.usefixtures("nothing_left")

TICK = 0.01  # seconds


class BrokenError(Exception): ...


def ab() -> Script[str]:
    return Script(["a"], ["b"])


def slow(*items: str) -> Script[str]:
    return Script(*(step for item in items for step in (5 * TICK, [item])))


def silent(*items: str) -> Script[str]:
    return Script(*([item] for item in items), SILENCE)


def broken(*items: str) -> Script[str]:
    return Script(*([item] for item in items), BrokenError("X"))


S = from_source
CASES: list[tuple[str, list[Script[str]], Callable[..., Stream[Any]], list[Any]]] = [
    ("merge", [ab(), slow("c")], lambda a, b: rillm.merge(a, b), ["a", "b", "c"]),
    ("merge of one", [ab()], lambda a: rillm.merge(a), ["a", "b"]),
    ("merge, first ends it", [silent("a"), silent()], lambda a, b: rillm.merge(a, b).pipe(ops.take(1)), ["a"]),
    ("concat", [slow("a"), ab()], lambda a, b: rillm.concat(a, b), ["a", "a", "b"]),
    ("race", [silent(), ab()], lambda a, b: rillm.race(a, b), ["a", "b"]),
    ("race of three", [silent(), slow("x"), ab()], lambda *all_: rillm.race(*all_), ["a", "b"]),
    ("zip", [ab(), slow("x", "y")], lambda a, b: rillm.zip(a, b), [("a", "x"), ("b", "y")]),
    ("combine_latest", [ab(), slow("x")], lambda a, b: rillm.combine_latest(a, b), [("b", "x")]),
    ("timeout with fallback", [silent("a"), ab()], lambda a, b: a.pipe(ops.timeout(2 * TICK, b)), ["a", "a", "b"]),
    ("timeout in time", [slow("a")], lambda a: a.pipe(ops.timeout(100 * TICK)), ["a"]),
    ("catch", [broken("a"), ab()], lambda a, b: a.pipe(ops.catch(b)), ["a", "a", "b"]),
    ("retry", [broken("a")], lambda a: a.pipe(ops.retry(3), ops.catch(rillm.of("end"))), ["a", "a", "a", "end"]),
    ("repeat", [ab()], lambda a: a.pipe(ops.repeat(2)), ["a", "b", "a", "b"]),
    ("flat_map", [ab(), slow("x")], lambda a, b: a.pipe(ops.flat_map(lambda _: b)), ["x", "x"]),
    ("concat_map", [ab(), ab()], lambda a, b: a.pipe(ops.map(lambda _: b), ops.concat_all()), ["a", "b", "a", "b"]),
    ("switch", [ab(), slow("x")], lambda a, b: a.pipe(ops.map(lambda _: b), ops.switch_latest()), ["x"]),
    (
        "buffer_with_time",
        [slow("a", "b")],
        lambda a: a.pipe(ops.buffer_with_time(100 * TICK)),
        [["a", "b"]],
    ),
    ("debounce", [Script(["a"], ["b"], 5 * TICK, ["c"])], lambda a: a.pipe(ops.debounce(2 * TICK)), ["b", "c"]),
    ("delay", [ab()], lambda a: a.pipe(ops.delay(TICK)), ["a", "b"]),
    ("take_until", [silent("a"), slow("x")], lambda a, b: a.pipe(ops.take_until(b)), ["a"]),
    ("take_until a timer", [silent("a")], lambda a: a.pipe(ops.take_until(reactivex.timer(3 * TICK))), ["a"]),
    ("sample", [slow("a")], lambda a: a.pipe(ops.sample(TICK)), ["a"]),
    ("start_with", [ab()], lambda a: a.pipe(ops.start_with("0")), ["0", "a", "b"]),
    ("do_action", [ab()], lambda a: a.pipe(ops.do_action(lambda _: None)), ["a", "b"]),
    ("take", [silent("a", "b")], lambda a: a.pipe(ops.take(2)), ["a", "b"]),
    ("first", [silent("a")], lambda a: a.pipe(ops.first()), ["a"]),
    ("with_latest_from", [slow("a"), silent("x")], lambda a, b: a.pipe(ops.with_latest_from(b)), [("a", "x")]),
    ("share", [ab()], lambda a: a.pipe(ops.share()), ["a", "b"]),
    ("publish", [ab()], lambda a: a.pipe(ops.publish(mapper=merged_with_itself)), ["a", "a", "b", "b"]),
]


def merged_with_itself(stream: Any) -> Any:
    return rillm.merge(stream, stream)


@both
@pytest.mark.parametrize(("scripts", "make", "items"), [pytest.param(*case, id=name) for name, *case in CASES])
def test_items(
    collect: Collect, scripts: list[Script[str]], make: Callable[..., Stream[Any]], items: list[Any]
) -> None:
    scripts = [script.fresh() for script in scripts]
    assert collect(make(*map(S, scripts))) == items
    assert [script.live for script in scripts] == [0] * len(scripts)
    assert scripts[0].opened


@both
def test_share_reads_once(collect: Collect) -> None:
    script = ab()
    assert sorted(collect(merged_with_itself(S(script).share()))) == ["a", "a", "b", "b"]
    assert (script.opened, script.live) == (1, 0)


@both
def test_timeout(collect: Collect) -> None:
    script = silent("a")
    with pytest.raises(Exception, match="Timeout"):
        collect(S(script).pipe(ops.timeout(TICK)))
    assert script.live == 0


@both
@pytest.mark.parametrize("make", [rillm.merge, rillm.concat, rillm.zip, rillm.combine_latest])
def test_an_error_in_one_closes_all(collect: Collect, make: Callable[..., Stream[Any]]) -> None:
    scripts = [broken(), silent("x")]
    with pytest.raises(BrokenError):
        collect(make(*map(S, scripts)))
    assert [script.live for script in scripts] == [0, 0]


@both
def test_interval(collect: Collect) -> None:
    assert collect(rillm.as_stream(reactivex.interval(TICK)).pipe(ops.take(3))) == [0, 1, 2]


@both
def test_a_race_with_a_timer(collect: Collect) -> None:
    script = silent()
    late = reactivex.timer(TICK).pipe(ops.map(lambda _: "late"))
    assert collect(rillm.race(S(script), late)) == ["late"]
    assert script.live == 0


@both
def test_the_results_are_streams(collect: Collect) -> None:
    one = rillm.of(1)
    for stream in (rillm.merge(one), rillm.race(one), rillm.concat(one), rillm.zip(one), rillm.combine_latest(one)):
        assert len(collect(stream)) == 1
