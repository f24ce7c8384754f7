"""Subscribing without iterating: where items are pushed, and how that ends."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any

import pytest
from reactivex import operators as ops
from reactivex.abc import ObserverBase
from reactivex.scheduler import (
    CurrentThreadScheduler,
    EventLoopScheduler,
    ImmediateScheduler,
    NewThreadScheduler,
    ThreadPoolScheduler,
)
from reactivex.scheduler.eventloop import AsyncIOScheduler, AsyncIOThreadSafeScheduler

import rillm
from rillm.streams.stream import from_source
from tests.kit.leaks import run, wait_until
from tests.kit.sources import SILENCE, Script

if TYPE_CHECKING:
    from collections.abc import Callable

    from reactivex.abc import SchedulerBase

pytestmark = pytest.mark.usefixtures("nothing_left")


class Seen(ObserverBase[Any]):
    """An observer that remembers."""

    def __init__(self) -> None:
        self.items: list[Any] = []
        self.error: Exception | None = None
        self.completed = 0
        self.threads: set[int] = set()
        self.first = threading.Event()
        self.over = threading.Event()

    def on_next(self, value: Any) -> None:
        self.items.append(value)
        self.threads.add(threading.get_ident())
        self.first.set()

    def on_error(self, error: Exception) -> None:
        self.error = error
        self.over.set()

    def on_completed(self) -> None:
        self.completed += 1
        self.over.set()


def test_without_a_loop_in_this_thread() -> None:
    seen, source = Seen(), Script([1], [2])
    from_source(source).subscribe(seen)
    assert (seen.items, seen.completed, source.live) == ([1, 2], 1, 0)
    assert seen.threads == source.threads == {threading.get_ident()}


def test_on_a_running_loop_in_a_task() -> None:
    async def main() -> None:
        seen, source = Seen(), Script([1], [2])
        from_source(source).subscribe(seen)
        assert not source.opened
        while not seen.completed:  # noqa: ASYNC110 - what it waits for knows no loop
            await asyncio.sleep(0)
        assert (seen.items, source.live) == ([1, 2], 0)
        assert source.threads == {threading.get_ident()}

    run(main())


COMPOSE: list[Callable[[Any], Any]] = [lambda s: s, lambda s: s.map(str).map(int), lambda s: rillm.merge(s, rillm.of())]


def on_pool() -> SchedulerBase:
    return ThreadPoolScheduler(2)


@pytest.mark.parametrize("make", [NewThreadScheduler, on_pool, EventLoopScheduler, ImmediateScheduler])
@pytest.mark.parametrize("compose", COMPOSE)
def test_on_a_scheduler(make: Callable[[], Any], compose: Callable[[Any], Any]) -> None:
    scheduler = make()
    seen, source = Seen(), Script([1], [2])
    compose(from_source(source)).subscribe(seen, scheduler=scheduler)
    assert seen.over.wait(5)
    assert (seen.items, seen.completed) == ([1, 2], 1)
    assert (seen.threads == {threading.get_ident()}) == isinstance(scheduler, ImmediateScheduler)
    assert wait_until(lambda: source.live == 0)
    let_go(scheduler)


def let_go(scheduler: Any) -> None:
    if isinstance(scheduler, ThreadPoolScheduler):
        scheduler.executor.shutdown()
    elif isinstance(scheduler, EventLoopScheduler):
        scheduler.dispose()


@pytest.mark.parametrize("make", [AsyncIOScheduler, AsyncIOThreadSafeScheduler])
def test_on_a_loop_as_scheduler(make: Callable[[asyncio.AbstractEventLoop], Any]) -> None:
    async def main() -> None:
        seen, source = Seen(), Script([1], [2])
        from_source(source).subscribe(seen, scheduler=make(asyncio.get_running_loop()))
        while not seen.completed:  # noqa: ASYNC110 - what it waits for knows no loop
            await asyncio.sleep(0)
        assert (seen.items, source.live) == ([1, 2], 0)

    run(main())


@pytest.mark.parametrize("scheduler", [None, NewThreadScheduler(), CurrentThreadScheduler()])
def test_errors(scheduler: Any) -> None:
    seen, source = Seen(), Script([1], ValueError("X"))
    from_source(source).subscribe(seen, scheduler=scheduler)
    assert seen.over.wait(5)
    assert (seen.items, str(seen.error), seen.completed) == ([1], "X", 0)
    assert wait_until(lambda: source.live == 0)


def test_errors_on_a_loop() -> None:
    async def main() -> None:
        seen = Seen()
        from_source(Script([1], ValueError("X"))).subscribe(seen)
        while not seen.over.is_set():  # noqa: ASYNC110 - what it waits for knows no loop
            await asyncio.sleep(0)
        assert (seen.items, str(seen.error)) == ([1], "X")

    run(main())


def test_dispose_in_another_thread() -> None:
    seen, source = Seen(), Script([1], SILENCE)
    subscription = from_source(source).subscribe(seen, scheduler=NewThreadScheduler())
    assert seen.first.wait(5)
    subscription.dispose()
    assert wait_until(lambda: source.live == 0)
    assert (seen.items, seen.error, seen.completed) == ([1], None, 0)


@pytest.mark.parametrize("wait", [True, False])
def test_dispose_on_a_loop(*, wait: bool) -> None:
    async def main() -> None:
        seen, source = Seen(), Script([1], SILENCE)
        subscription = from_source(source).subscribe(seen)
        while wait and not seen.items:  # noqa: ASYNC110 - what it waits for knows no loop
            await asyncio.sleep(0)
        subscription.dispose()
        assert source.live == 0
        await asyncio.sleep(0.01)
        assert (seen.items, seen.error, seen.completed) == ([1] if wait else [], None, 0)
        assert source.opened == wait

    run(main())


def test_dispose_on_next() -> None:
    async def main() -> None:
        source = Script([1, 2], [3])
        items: list[int] = []

        def on_next(item: int) -> None:
            items.append(item)
            subscription.dispose()

        subscription = from_source(source).subscribe(on_next)
        await asyncio.sleep(0.01)
        assert (items, source.live) == ([1], 0)

    run(main())


def divide_by_zero(_: int) -> None:
    raise ZeroDivisionError


def test_the_observer_raises() -> None:
    source = Script([1], [2])
    with pytest.raises(ZeroDivisionError):
        from_source(source).subscribe(divide_by_zero)
    assert (source.read, source.live) == (1, 0)


def test_the_observer_raises_on_a_loop() -> None:
    async def main() -> None:
        told: list[Any] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context["exception"]))
        source = Script([1], [2])
        from_source(source).subscribe(divide_by_zero)
        while not told:  # noqa: ASYNC110 - what it waits for knows no loop
            await asyncio.sleep(0)
        assert isinstance(told[0], ZeroDivisionError)
        assert (source.read, source.live) == (1, 0)

    run(main())


def test_take_disposes() -> None:
    seen, source = Seen(), Script([1, 2], SILENCE)
    from_source(source).pipe(ops.take(1)).subscribe(seen)
    assert (seen.items, seen.completed, source.live) == ([1], 1, 0)


def test_each_subscription_reads_anew() -> None:
    source = Script([1])
    stream = from_source(source)
    for _ in range(3):
        stream.subscribe()
    assert (source.opened, source.live) == (3, 0)
