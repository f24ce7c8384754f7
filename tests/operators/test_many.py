"""Operators over many streams: `side_by_side`, `map_ordered`, `majority`, `adaptive_merge`."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING, Any

import pytest
import reactivex
from reactivex import Observable
from reactivex import operators as ops
from reactivex.disposable import Disposable

import rillm
from rillm import adaptive_merge, majority, map_ordered, side_by_side
from rillm.streams.stream import from_source
from rillm.testing import play
from tests.kit.sources import Script, acollect, both, collect

if TYPE_CHECKING:
    from collections.abc import Callable

    from reactivex import abc

    from rillm.operators.side_by_side import Side

ERROR = ValueError("X")


def constant(value: str) -> Callable[[object], str]:
    return lambda _: value


def named(side: Side[str, Any]) -> str:
    return f"{side.key}:{side.item if side.error is None else 'X'}"


def two_sides(a: Any, b: Any) -> Any:
    return side_by_side({"a": a, "b": b})


def at_once(value: int) -> Observable[int]:
    """Emits and ends inside of `subscribe`."""

    def subscribe(observer: abc.ObserverBase[int], _scheduler: object = None) -> abc.DisposableBase:
        observer.on_next(value)
        observer.on_completed()
        return Disposable()

    return Observable(subscribe)


def adaptive(run: Any, **how: Any) -> Any:
    def operator(jobs: Any) -> Any:
        return adaptive_merge(jobs, run, **how)

    return operator


def test_sides() -> None:
    played = play(two_sides, "-Hi-----|", "----Ho-|", given=str, show=named)
    assert (played.marbles, played.items[1].key) == ("-a:Hib:Ho|", "b")


def test_one_that_fails_leaves_the_others_alone() -> None:
    played = play(two_sides, "-x-X", "--y----z-|", given=str, error=ERROR)
    assert [*map(named, played.items)] == ["a:x", "b:y", "a:X", "b:z"]
    assert played.error is None
    assert played.items[2].error is ERROR
    assert played.sources == ["^--!", "^--------!"]


def test_who_leaves_leaves_all_sides() -> None:
    played = play(two_sides, "-x-x-x", "--y--y", leave=3)
    assert played.sources == ["^--!", "^--!"]


@pytest.mark.parametrize(
    ("votes", "comes", "goes", "source"),
    [
        (2, "-4-5-4-5-|", "-----(4,|)", "^----!"),
        (1, "-4-5-|", "-(4,|)", "^!"),
        (3, "-4-5-4-|", "-------(4,|)", "^------!"),
        (3, "-5-4-|", "-----(5,|)", "^----!"),
        (2, "--|", "--|", "^-!"),
        (2, "-4-X", "---X", "^--!"),
    ],
)
def test_votes(votes: int, comes: str, goes: str, source: str) -> None:
    played = play(majority(votes), comes, given=str)
    assert (played.marbles, played.source) == (goes, source)


def test_what_makes_answers_the_same() -> None:
    assert play(majority(2, key=str.lower), "-Yes-no-YES-no-|", given=str).items == ["Yes"]
    assert isinstance(play(majority(2, key=int), "-x-", given=str).error, ValueError)
    with pytest.raises(rillm.BadRequestError):
        majority(0)


def after(seconds: dict[str, int]) -> Any:
    """A stream for each letter: its capital after so many seconds."""

    def stream(letter: str) -> Observable[str]:
        return reactivex.timer(seconds[letter]).pipe(ops.map(constant(letter.upper())))

    return stream


@pytest.mark.parametrize(
    ("seconds", "most", "comes", "goes"),
    [
        ({"a": 5, "b": 1}, 4, "-a-b-----------|", "------(A,B)----|"),
        ({"a": 1, "b": 1}, 4, "-a-b-----------|", "--A-B----------|"),
        ({"a": 5, "b": 5}, 1, "-a-b-----------|", "------A----B---|"),
        ({"a": 1, "b": 9}, 4, "-a-b-|", "--A---------(B,|)"),
        ({"a": 9, "b": 1}, 4, "-a-b-X", "----------(A,B,X)"),
    ],
)
def test_the_order_is_kept(seconds: dict[str, int], most: int, comes: str, goes: str) -> None:
    assert play(map_ordered(after(seconds), most), comes, given=str).marbles == goes


def test_an_error_waits_for_its_turn() -> None:
    def stream(letter: str) -> Observable[str]:
        return reactivex.throw(ERROR) if letter == "b" else reactivex.timer(5).pipe(ops.map(constant(letter)))

    played = play(map_ordered(stream), "-a-b-c---------|", given=str)
    assert played.items == ["a"]
    assert played.error is ERROR
    assert played.marbles == "------(a,X)"


@both
@pytest.mark.parametrize(("room", "begun"), [(1, "a"), (2, "ab")])
def test_nothing_is_begun_after_an_error(collect: Any, room: int, begun: str) -> None:
    """What is begun is paid for."""
    asked: list[str] = []

    def stream(letter: str) -> Observable[str]:
        asked.append(letter)
        return from_source(Script(ERROR if letter == "a" else [letter]))

    with pytest.raises(ValueError, match="X"):
        collect(rillm.of(*"abcd").pipe(map_ordered(stream, room)))
    assert asked == [*begun]


def no_stream(_: object) -> Any:
    return "no stream"


@pytest.mark.parametrize("operator", [map_ordered(no_stream), adaptive(no_stream)])
def test_what_is_no_stream_is_an_error(operator: Any) -> None:
    assert isinstance(play(operator, "a|", given=str).error, AttributeError)


def test_how_many_are_at_work() -> None:
    sources = [Script([str(number)]) for number in range(9)]
    most = 0

    def stream(number: int) -> rillm.Stream[str]:
        nonlocal most
        most = max(most, sum(source.live for source in sources))
        return from_source(sources[number])

    assert collect(rillm.of(*range(9)).pipe(map_ordered(stream, 3))) == [*"012345678"]
    assert most <= 3
    assert all(source.live == 0 for source in sources)
    with pytest.raises(rillm.BadRequestError):
        map_ordered(stream, 0)


def test_an_async_function() -> None:
    at_work: list[int] = []
    most = 0

    async def slower_for_less(number: int) -> int:
        nonlocal most
        at_work.append(number)
        most = max(most, len(at_work))
        try:
            if number == 9:
                await asyncio.get_running_loop().create_future()
            for _ in range(9 - number):
                await asyncio.sleep(0)
        finally:
            at_work.remove(number)
        if number == 8:
            raise ERROR
        return -number

    stream = rillm.of(*range(7)).pipe(map_ordered(slower_for_less, 3))
    assert acollect(stream) == [0, -1, -2, -3, -4, -5, -6]
    assert (most, at_work) == (3, [])
    assert acollect(rillm.of(1, 9, 9).pipe(map_ordered(slower_for_less, 3), ops.take(1))) == [-1]
    assert at_work == []
    assert acollect(rillm.of(1, 8).pipe(map_ordered(slower_for_less), ops.catch(rillm.of(0)))) == [-1, 0]


def test_room_grows_while_answers_come_in_time() -> None:
    def run(job: str) -> Observable[str]:
        return reactivex.timer(1).pipe(ops.map(constant(job)))

    played = play(adaptive(run, target=2, max_concurrent=4), "(a,b,c,d,e,f,g)------|", given=str)
    ticks = [event.tick for event in played.events[:-1]]
    assert ticks == [1, 2, 2, 3, 3, 3, 4]


def test_room_is_halved_by_slow_answers() -> None:
    def run(job: str) -> Observable[str]:
        return reactivex.timer(5).pipe(ops.map(constant(job)))

    played = play(adaptive(run, target=2), "(a,b,c)---|", given=str)
    assert [event.tick for event in played.events[:-1]] == [5, 10, 15]


def test_a_job_is_put_back_when_told_to_come_later() -> None:
    tries: list[str] = []

    def run(job: str) -> Observable[str]:
        tries.append(job)
        if len(tries) == 1:
            return reactivex.throw(rillm.RateLimitError("Later.", retry_after=7))
        return reactivex.just(job)

    played = play(adaptive(run), "(a,b)---|", given=str)
    assert (played.items, tries) == (["a", "b"], ["a", "a", "b"])
    assert played.events[0].tick == 7


def test_a_job_that_is_always_told_so_fails() -> None:
    busy = rillm.RateLimitError("Later.", retry_after=1)

    def always(_: str) -> Observable[str]:
        return reactivex.throw(busy)

    played = play(adaptive(always), "a|", given=str)
    assert played.error is busy
    assert played.events[0].tick == 4


@both
def test_jobs_that_end_at_once(collect: Any) -> None:
    jobs = range(sys.getrecursionlimit())
    assert collect(adaptive_merge(jobs, at_once)) == [*jobs]


@both
def test_jobs_are_taken_as_there_is_room(collect: Any) -> None:
    taken: list[int] = []

    def jobs() -> Any:
        for number in range(1000):
            taken.append(number)
            yield number

    stream = adaptive_merge(jobs(), rillm.of).pipe(ops.take(3))
    assert collect(stream) == [0, 1, 2]
    with pytest.raises(rillm.BadRequestError):
        adaptive_merge([], rillm.of, max_concurrent=0)


@both
def test_jobs_that_fail_end_the_stream(collect: Any) -> None:
    """By an error that operators after it can catch."""

    def jobs() -> Any:
        yield "a"
        raise ERROR

    def run(job: str) -> Observable[str]:
        return from_source(Script([job]))

    def instead(error: Exception, _: object) -> Observable[str]:
        return rillm.of(str(error))

    assert collect(adaptive_merge(jobs(), run).pipe(ops.catch(instead))) == ["a", "X"]
