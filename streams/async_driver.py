"""Iterating on an event loop: one source is awaited in the consumer's own task, several each in a task of their own."""

from __future__ import annotations

import asyncio
from collections import deque
from time import perf_counter
from typing import TYPE_CHECKING, Any, TypeVar

from reactivex.disposable import Disposable

from rillm.streams.async_reader import AsyncReader
from rillm.streams.driver import Driver
from rillm.streams.started import Started

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Coroutine

    from reactivex import Observable, abc

    from rillm.streams.source import Source

T = TypeVar("T")


class AsyncDriver(Driver[T]):
    """Iterates an observable in the calling task."""

    def __init__(self, observable: Observable[T]) -> None:
        super().__init__(observable)
        self._loop = asyncio.get_running_loop()
        self._readers: list[AsyncReader] = []
        self._direct: AsyncReader | None = (
            None  # the one that is awaited in this task, while there is nothing else to do
        )
        self._detached: list[AsyncReader] = []
        self._held: list[asyncio.Task[None]] = []
        self._arrived: deque[AsyncReader] = deque()
        self._woken: asyncio.Future[None] | None = None

    def attach(self, source: Source[Any], observer: abc.ObserverBase[Any]) -> abc.DisposableBase:
        reader = AsyncReader(source, observer)
        self._readers.append(reader)
        self._direct = None

        def detach() -> None:
            if reader in self._readers:
                self._readers.remove(reader)
                self._detached.append(reader)
                self._direct = None
                reader.abort()

        return Disposable(detach)

    @property
    def is_alive(self) -> bool:
        """Whether its event loop can still run anything."""
        return not self._loop.is_closed()

    def hold(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Start `work` in a task, and wait for it before more is read and before the iteration ends.

        So callbacks may take their time without the event loop standing still, and what waits for them stays small.
        They are coroutines that raise nothing.
        """
        task = self._loop.create_task(Started(work))
        self._held.append(task)
        return task

    async def __aiter__(self) -> AsyncGenerator[T]:
        out, take = self._out, self._out.popleft
        try:
            self._subscribe()
            while not self._ended:
                while out:
                    yield take()
                if self._held:
                    await self._release()
                reader = self._direct or await self._next_reader()
                if reader is None:
                    continue
                began = perf_counter()
                try:
                    block = reader.arrived() if reader.task else await reader.take()
                except Exception as error:  # noqa: BLE001 - an operator may catch it; if none does, it is raised below
                    self._waited += perf_counter() - began
                    reader.end(error)
                    continue
                self._waited += perf_counter() - began
                on_next = reader.observer.on_next
                for item in block:
                    on_next(item)
                    for other in self._detached:
                        await other.let_go()  # now, for the consumer may keep the loop to itself
                    while out:
                        yield take()
                    if reader.detached:
                        break
            while self._last:
                yield self._last.popleft()
            if self._error is not None:
                raise self._error
        finally:
            self.close()
            await self._close_detached()
            await self._release()

    async def _release(self) -> None:
        while self._held:
            await asyncio.shield(self._held[0])
            self._held.pop(0)

    def close(self) -> None:
        """End the iteration and let go of every source at once; the loop must be this driver's."""
        self._finish()
        self._subscription.dispose()
        self._last.clear()

    def call_later(self, seconds: float, action: Callable[[], None]) -> asyncio.TimerHandle:
        """Run `action` on the event loop though nobody iterates."""
        return self._loop.call_later(seconds, action)

    def let_go(self, subscription: abc.DisposableBase) -> None:
        call_in(self._loop, subscription.dispose)

    async def _next_reader(self) -> AsyncReader | None:
        """The reader to take a block from; None if there is something else to look at first."""
        self._run_due()
        await self._close_detached()
        if self._out or self._ended:
            return None
        readers = self._readers
        if len(readers) == 1 and not (self._timers or self._pushed_from_outside or readers[0].task):
            self._direct = readers[0]
            return self._direct
        for reader in readers:
            if reader.task is None:
                reader.start(self._on_arrival)
        if not (self._arrived or self._ready):
            await self._sleep()
        arrived = self._arrived.popleft() if self._arrived else None
        return None if arrived is None or arrived.detached else arrived

    async def _sleep(self) -> None:
        self._woken = self._loop.create_future()
        self._waiting = True
        if self._out or self._ended or self._ready:  # another thread was quicker than our flag
            self._set_woken()
        seconds = self._seconds_to_next_timer()
        timer = None if seconds is None else self._loop.call_later(seconds, self._set_woken)
        began = perf_counter()
        try:
            await self._woken
        finally:
            self._waited += perf_counter() - began
            self._waiting = False
            if timer is not None:
                timer.cancel()

    def _on_arrival(self, reader: AsyncReader) -> None:
        self._arrived.append(reader)
        self._set_woken()

    def _set_woken(self) -> None:
        if self._woken is not None and not self._woken.done():
            self._woken.set_result(None)

    def _wake(self) -> None:
        self._loop.call_soon_threadsafe(self._set_woken)

    async def _close_detached(self) -> None:
        while self._detached:
            await self._detached.pop().aclose()


def call_in(loop: asyncio.AbstractEventLoop, action: Callable[[], None]) -> None:
    """Run `action` in a step of `loop`: now if this is one, else soon; not at all if the loop is closed."""
    try:
        here = asyncio.get_running_loop() is loop
    except RuntimeError:
        here = False
    if here:
        action()
    elif not loop.is_closed():
        loop.call_soon_threadsafe(action)
