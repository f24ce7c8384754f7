"""Iterating in a thread: who reads, in which thread, and how far ahead."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest
import reactivex
from reactivex import Observable
from reactivex import operators as ops
from reactivex.disposable import Disposable
from reactivex.scheduler import NewThreadScheduler

import rillm
from rillm import Stream
from rillm.streams.driver import Driver
from rillm.streams.reader import BLOCKS_AHEAD
from rillm.streams.source import Reading
from rillm.streams.stream import from_source
from rillm.streams.turns import TURN
from tests.kit import wire
from tests.kit.calls import cold
from tests.kit.leaks import wait_until
from tests.kit.server import script
from tests.kit.sources import SILENCE, Script

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from reactivex import abc

    from tests.kit.server import Server

pytestmark = pytest.mark.usefixtures("nothing_left")

MANY = 50


def many() -> Script[int]:
    return Script(*([number] for number in range(MANY)))


def readers() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("rillm-")]


def test_one_reader_needs_no_thread() -> None:
    source = many()
    before = threading.active_count()
    for number in from_source(source).pipe(ops.map(lambda number: number)):
        assert threading.active_count() == before
        assert source.read == number + 1  # nothing is read before it is asked for
    assert source.threads == {threading.get_ident()}


def test_a_block_is_handed_out_before_the_next_is_read() -> None:
    source = Script([1, 2, 3], [4])
    for number in from_source(source):
        assert source.read == (2 if number == 4 else 1)


def test_a_slow_consumer_stops_the_server(server: Server) -> None:
    block, count = wire.frame("x" * 100_000), 400
    server.play(script(*[block] * count, wire.finish(), wire.DONE))
    stream = iter(cold(server, pipeline=[]))
    next(stream)
    exchange = server.exchange()
    assert exchange.blocked.wait(5), "the client reads ahead of its consumer"
    assert exchange.sent < count * len(block) / 2
    assert sum(1 for _ in stream) == count


def test_two_readers_read_ahead_but_not_far() -> None:
    source = many()
    merged = iter(rillm.merge(from_source(source), from_source(Script(SILENCE))))
    next(merged)
    assert set(readers()) == {"rillm-reader"}
    assert wait_until(lambda: source.read == 1 + BLOCKS_AHEAD)
    assert threading.get_ident() not in source.threads
    next(merged)
    assert wait_until(lambda: source.read == 2 + BLOCKS_AHEAD)
    merged.close()
    assert source.live == 0
    assert source.read <= 3 + BLOCKS_AHEAD


def test_a_flood_is_handed_on_in_turns() -> None:
    flood, drop = Script[str](["flood"] * TURN * MANY), Script[str](["drop"])
    merged = iter(rillm.merge(from_source(flood), from_source(drop)))
    items = [next(merged)]
    assert wait_until(lambda: drop.closed == 1)  # what it had is on its way, as far as that takes a thread
    items.extend(merged)
    assert items.index("drop") <= (1 + BLOCKS_AHEAD) * TURN
    assert len(items) == TURN * MANY + 1


def test_what_was_cut_off_while_it_was_read_is_closed_afterwards() -> None:
    reading, cut = threading.Event(), threading.Event()
    closes: list[str] = []

    class Cut(Script[int]):
        def open(self) -> Reading[int]:
            return Reading(self.blocks(), self.close)

        def blocks(self) -> Generator[list[int]]:
            yield [1]
            reading.set()
            cut.wait()
            reading.clear()
            yield [2]  # it had come when the connection was cut

        def close(self) -> None:
            closes.append("cut" if reading.is_set() else "closed")
            cut.set()

    merged = iter(rillm.merge(from_source(Cut()), from_source(Script(SILENCE))))
    next(merged)
    reading.wait()
    merged.close()
    assert wait_until(lambda: closes == ["cut", "closed"])


def test_change_over_when_a_second_reader_comes() -> None:
    first, second = many(), Script([-1], SILENCE)
    opened_at = 3

    def more(number: int) -> Stream[int]:
        return rillm.of(number) if number != opened_at else from_source(second)

    seen: list[int] = []
    for number in from_source(first).pipe(ops.flat_map(more), ops.take(10)):
        assert bool(readers()) == (-1 in seen or number > opened_at or number == -1)
        seen.append(number)
    assert sorted(seen)[:4] == [-1, 0, 1, 2]
    assert len(seen) == 10
    assert len(first.threads) == 2
    assert (first.live, second.live) == (0, 0)


def test_change_over_when_a_timer_comes() -> None:
    source = Script([1], SILENCE)
    stream = from_source(source).pipe(ops.flat_map(lambda _: reactivex.timer(0.01)), ops.take(1))
    assert list(stream) == [0]
    assert source.live == 0


def test_the_loop_body_raises() -> None:
    for kind in (ValueError, KeyboardInterrupt, SystemExit, GeneratorExit):
        source = Script([1], SILENCE)
        with pytest.raises(kind):  # noqa: PT012 - the loop is what is tested
            for _ in from_source(source):
                raise kind
        assert source.live == 0


def test_an_operator_raises_what_is_no_exception() -> None:
    def interrupt(_: int) -> int:
        raise KeyboardInterrupt

    source = Script([1], SILENCE)
    with pytest.raises(KeyboardInterrupt):
        list(from_source(source).pipe(ops.map(interrupt)))
    assert source.live == 0


def test_items_pushed_by_another_thread() -> None:
    def subscribe(observer: abc.ObserverBase[int], _scheduler: object = None) -> abc.DisposableBase:
        def push() -> None:
            for number in range(MANY):
                observer.on_next(number)
            observer.on_completed()

        threading.Thread(target=push).start()
        return Disposable()

    for _ in range(MANY):
        assert list(Stream(subscribe)) == list(range(MANY))
    source = many()
    assert len(list(rillm.merge(Stream(subscribe), from_source(source)))) == 2 * MANY
    assert source.live == 0


def test_observing_on_another_thread() -> None:
    source = many()
    stream = from_source(source).pipe(ops.observe_on(NewThreadScheduler()))
    assert list(stream) == list(range(MANY))
    assert source.live == 0


def forgetful(stream: Observable[Any]) -> Observable[Any]:
    """Does not pass the scheduler on, as users' own observables do."""

    def subscribe(observer: abc.ObserverBase[Any], _scheduler: object = None) -> abc.DisposableBase:
        return stream.subscribe(observer)

    return Observable(subscribe)


DELAY = ops.delay(0.01)
WITH_TIMERS = [DELAY]
OPERATORS: list[Callable[[Observable[Any]], Observable[Any]]] = [
    forgetful,
    ops.map(str),
    ops.do_action(lambda _: None),
    ops.share(),
    ops.take(1),
    DELAY,
    ops.start_with(0),
    ops.retry(2),
    ops.flat_map(lambda _: rillm.of(1)),
    ops.publish(mapper=lambda stream: stream),
]


@pytest.mark.parametrize("operator", OPERATORS)
def test_the_scheduler_is_passed_down(operator: Callable[[Observable[Any]], Observable[Any]]) -> None:
    seen: list[object] = []

    def subscribe(observer: abc.ObserverBase[int], scheduler: abc.SchedulerBase | None = None) -> abc.DisposableBase:
        seen.append(scheduler)
        observer.on_next(1)
        observer.on_completed()
        return Disposable()

    list(Stream(subscribe).pipe(operator))
    assert [isinstance(scheduler, Driver) for scheduler in seen] == [True]


@pytest.mark.parametrize("operator", [one for one in OPERATORS if one not in WITH_TIMERS])
def test_nothing_is_read_ahead_below(operator: Callable[[Observable[Any]], Observable[Any]]) -> None:
    source = many()
    items = iter(from_source(source).pipe(operator))
    next(items)
    assert source.read <= 1
    items.close()
    assert source.live == 0


def test_threads_can_share_a_cold_stream() -> None:
    source = many()
    stream = from_source(source)
    results: list[list[int]] = []
    threads = [threading.Thread(target=lambda: results.append(list(stream))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [list(range(MANY))] * 4
    assert source.live == 0
