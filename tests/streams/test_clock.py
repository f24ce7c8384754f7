"""How long a consumer has waited: its own work does not count."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING, Any

import pytest
from reactivex.scheduler import VirtualTimeScheduler

import rillm
from rillm import Stream
from rillm.streams.clock import Clock
from rillm.streams.stream import from_source
from tests.kit.leaks import run
from tests.kit.sources import Script, both, collect

if TYPE_CHECKING:
    from collections.abc import Callable

    from reactivex import Observable, abc

    Collect = Callable[[Any], list[Any]]

PAUSE = 0.03  # seconds


def clocked(clocks: list[Clock]) -> Callable[[Observable[Any]], Stream[Any]]:
    """Keeps the clock of each subscription."""

    def operator(source: Observable[Any]) -> Stream[Any]:
        def subscribe(
            observer: abc.ObserverBase[Any], scheduler: abc.SchedulerBase | None = None
        ) -> abc.DisposableBase:
            clocks.append(Clock(scheduler))
            return source.subscribe(observer, scheduler=scheduler)

        return Stream(subscribe)

    return operator


def work() -> float:
    """Keep the consumer busy, with a stream of another model; how long that took."""
    began = perf_counter()
    collect(from_source(Script([1], PAUSE, [2])))
    return perf_counter() - began


def pulled(stream: Stream[Any]) -> float:
    return sum(work() for _ in stream)


def awaited(stream: Stream[Any]) -> float:
    async def main() -> float:
        return sum([work() async for _ in stream])

    return run(main())


def pushed(stream: Stream[Any]) -> float:
    worked: list[float] = []
    stream.subscribe(lambda _: worked.append(work()))
    return sum(worked)


@pytest.mark.parametrize("consume", [pulled, awaited, pushed])
@pytest.mark.parametrize("others", [0, 1], ids=["alone", "merged"])
def test_the_work_of_the_consumer_is_not_waiting(consume: Callable[[Stream[Any]], float], others: int) -> None:
    clocks: list[Clock] = []
    began = perf_counter()
    stream: Stream[Any] = from_source(Script([1], PAUSE, [2], PAUSE, [3])).pipe(clocked(clocks))
    worked = consume(rillm.merge(stream, *[from_source(Script(PAUSE, [0]))] * others))
    waited, total = clocks[0].waited(), perf_counter() - began
    assert worked >= 3 * PAUSE
    assert waited <= total - worked
    if not others:  # whose blocks come while the consumer works
        assert waited >= 2 * PAUSE


@both
def test_waiting_for_one_of_several_is_waiting(collect: Collect) -> None:
    clocks: list[Clock] = []
    streams = [from_source(Script([1], PAUSE, [2])).pipe(clocked(clocks)) for _ in range(2)]
    collect(rillm.merge(*streams))
    assert [clock.waited() >= PAUSE / 2 for clock in clocks] == [True, True]


def test_nor_is_it_in_virtual_time() -> None:
    scheduler = VirtualTimeScheduler()
    clock = Clock(scheduler)

    def consume(seconds: float) -> None:
        scheduler.sleep(seconds)

    scheduler.sleep(2)
    clock.handing(consume)(5)
    scheduler.sleep(1)
    assert (clock.now(), clock.waited()) == (8, 3)


def test_nor_where_the_consumer_raises() -> None:
    scheduler = VirtualTimeScheduler()
    clock = Clock(scheduler)

    def consume(seconds: float) -> None:
        scheduler.sleep(seconds)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        clock.handing(consume)(5)
    assert clock.waited() == 0
