"""Streams of streams: right results, in both worlds, and every source is let go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import reactivex
from reactivex import operators as ops

import rillm
from rillm.streams.stream import from_source
from rillm.testing import play
from tests.kit.pictures import picture_of
from tests.kit.sources import SILENCE, Script, both

if TYPE_CHECKING:
    from collections.abc import Callable

    from reactivex import Observable

    from rillm import Stream

    Collect = Callable[[Any], list[Any]]
    Make = Callable[[list[Stream[Any]]], Observable[Any]]

pytestmark = pytest.mark.usefixtures("nothing_left")

TICK = 0.01  # seconds


class BrokenError(Exception): ...


@pytest.mark.parametrize("function", [rillm.merge, rillm.race, rillm.concat, rillm.zip, rillm.combine_latest])
def test_the_picture_is_what_happens(function: Callable[..., Any]) -> None:
    comes, _, goes = picture_of(function)
    assert play(function, *comes, given=str, show="".join).marbles == goes


def ab() -> Script[str]:
    return Script(["a"], ["b"])


def slow(*items: str) -> Script[str]:
    return Script(*(step for item in items for step in (5 * TICK, [item])))


def silent(*items: str) -> Script[str]:
    return Script(*([item] for item in items), SILENCE)


def broken(*items: str) -> Script[str]:
    return Script(*([item] for item in items), BrokenError("X"))


CASES: list[tuple[str, list[Script[str]], Make, list[Any]]] = [
    ("merge", [ab(), slow("c")], lambda s: rillm.merge(*s), ["a", "b", "c"]),
    ("merge of one", [ab()], lambda s: rillm.merge(*s), ["a", "b"]),
    ("merge, first ends it", [silent("a"), silent()], lambda s: rillm.merge(s[0], s[1]).pipe(ops.take(1)), ["a"]),
    ("concat", [slow("a"), ab()], lambda s: rillm.concat(*s), ["a", "a", "b"]),
    ("race", [silent(), ab()], lambda s: rillm.race(*s), ["a", "b"]),
    ("race of three", [silent(), slow("x"), ab()], lambda s: rillm.race(*s), ["a", "b"]),
    ("zip", [ab(), slow("x", "y")], lambda s: rillm.zip(*s), [("a", "x"), ("b", "y")]),
    ("zip, strict", [ab(), slow("x", "y")], lambda s: rillm.zip(*s, strict=True), [("a", "x"), ("b", "y")]),
    ("combine_latest", [ab(), slow("x")], lambda s: rillm.combine_latest(*s), [("b", "x")]),
    ("timeout with fallback", [silent("a"), ab()], lambda s: s[0].pipe(ops.timeout(2 * TICK, s[1])), ["a", "a", "b"]),
    ("timeout in time", [slow("a")], lambda s: s[0].pipe(ops.timeout(100 * TICK)), ["a"]),
    ("catch", [broken("a"), ab()], lambda s: s[0].pipe(ops.catch(s[1])), ["a", "a", "b"]),
    ("retry", [broken("a")], lambda s: s[0].pipe(ops.retry(3), ops.catch(rillm.of("end"))), ["a", "a", "a", "end"]),
    ("repeat", [ab()], lambda s: s[0].pipe(ops.repeat(2)), ["a", "b", "a", "b"]),
    ("flat_map", [ab(), slow("x")], lambda s: s[0].pipe(ops.flat_map(lambda _: s[1])), ["x", "x"]),
    ("concat_map", [ab(), ab()], lambda s: s[0].pipe(ops.map(lambda _: s[1]), ops.concat_all()), ["a", "b", "a", "b"]),
    ("switch", [ab(), slow("x")], lambda s: s[0].pipe(ops.map(lambda _: s[1]), ops.switch_latest()), ["x"]),
    (
        "buffer_with_time",
        [slow("a", "b")],
        lambda s: s[0].pipe(ops.buffer_with_time(100 * TICK)),
        [["a", "b"]],
    ),
    ("debounce", [Script(["a"], ["b"], 5 * TICK, ["c"])], lambda s: s[0].pipe(ops.debounce(2 * TICK)), ["b", "c"]),
    ("delay", [ab()], lambda s: s[0].pipe(ops.delay(TICK)), ["a", "b"]),
    ("take_until", [silent("a"), slow("x")], lambda s: s[0].pipe(ops.take_until(s[1])), ["a"]),
    ("take_until a timer", [silent("a")], lambda s: s[0].pipe(ops.take_until(reactivex.timer(3 * TICK))), ["a"]),
    ("sample", [slow("a")], lambda s: s[0].pipe(ops.sample(TICK)), ["a"]),
    ("start_with", [ab()], lambda s: s[0].pipe(ops.start_with("0")), ["0", "a", "b"]),
    ("do_action", [ab()], lambda s: s[0].pipe(ops.do_action(lambda _: None)), ["a", "b"]),
    ("take", [silent("a", "b")], lambda s: s[0].pipe(ops.take(2)), ["a", "b"]),
    ("first", [silent("a")], lambda s: s[0].pipe(ops.first()), ["a"]),
    ("with_latest_from", [slow("a"), silent("x")], lambda s: s[0].pipe(ops.with_latest_from(s[1])), [("a", "x")]),
    ("share", [ab()], lambda s: s[0].pipe(ops.share()), ["a", "b"]),
    ("publish", [ab()], lambda s: s[0].pipe(ops.publish(mapper=merged_with_itself)), ["a", "a", "b", "b"]),
]


def merged_with_itself(stream: Any) -> Any:
    return rillm.merge(stream, stream)


@both
@pytest.mark.parametrize(("scripts", "make", "items"), [pytest.param(*case, id=name) for name, *case in CASES])
def test_items(collect: Collect, scripts: list[Script[str]], make: Make, items: list[Any]) -> None:
    scripts = [script.fresh() for script in scripts]
    assert collect(make([from_source(script) for script in scripts])) == items
    assert [script.live for script in scripts] == [0] * len(scripts)
    assert scripts[0].opened


@both
def test_share_reads_once(collect: Collect) -> None:
    script = ab()
    assert sorted(collect(merged_with_itself(from_source(script).share()))) == ["a", "a", "b", "b"]
    assert (script.opened, script.live) == (1, 0)


@both
def test_timeout(collect: Collect) -> None:
    script = silent("a")
    with pytest.raises(Exception, match="Timeout"):
        collect(from_source(script).pipe(ops.timeout(TICK)))
    assert script.live == 0


@both
@pytest.mark.parametrize("make", [rillm.merge, rillm.concat, rillm.zip, rillm.combine_latest])
def test_an_error_in_one_closes_all(collect: Collect, make: Callable[..., Stream[Any]]) -> None:
    scripts = [broken(), silent("x")]
    with pytest.raises(BrokenError):
        collect(make(*map(from_source, scripts)))
    assert [script.live for script in scripts] == [0, 0]


@pytest.mark.parametrize(
    ("comes", "goes"),
    [
        (["-a-b-|", "--1-2--|"], "--a1b2-|"),
        (["-a-b-|", "--1----|"], "--a1---X"),
        (["-a---|", "--1-2--|"], "--a1-X"),
        (["--|", "|"], "--|"),
        (["-a---X", "--1----2|"], "--a1-X"),
    ],
)
def test_streams_of_different_lengths(comes: list[str], goes: str) -> None:
    def strictly(*streams: Observable[str]) -> Stream[tuple[str, ...]]:
        return rillm.zip(*streams, strict=True)

    assert play(strictly, *comes, given=str, show="".join).marbles == goes


@both
def test_interval(collect: Collect) -> None:
    assert collect(rillm.as_stream(reactivex.interval(TICK)).pipe(ops.take(3))) == [0, 1, 2]


@both
def test_a_race_with_a_timer(collect: Collect) -> None:
    script = silent()
    late = reactivex.timer(TICK).pipe(ops.map(lambda _: "late"))
    assert collect(rillm.race(from_source(script), late)) == ["late"]
    assert script.live == 0


@both
def test_the_results_are_streams(collect: Collect) -> None:
    one = rillm.of(1)
    for stream in (rillm.merge(one), rillm.race(one), rillm.concat(one), rillm.zip(one), rillm.combine_latest(one)):
        assert len(collect(stream)) == 1
