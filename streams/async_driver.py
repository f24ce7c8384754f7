"""Iterating on an event loop: one source is awaited in the consumer's own task, several each in a task of their own."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Any, TypeVar

from reactivex.disposable import Disposable

from rillm.streams.driver import Driver

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Sequence

    from reactivex import Observable, abc

    from rillm.streams.source import AsyncReading, Source

T = TypeVar("T")


class AsyncReader:
    """A source and the observer it feeds. It is opened by its first read."""

    def __init__(self, source: Source[Any], observer: abc.ObserverBase[Any]) -> None:
        self._source = source
        self._reading: AsyncReading[Any] | None = None
        self._opening: asyncio.Task[AsyncReading[Any]] | None = None
        self.observer = observer
        self.task: asyncio.Task[Sequence[Any] | Exception] | None = None
        self.detached = False

    async def read(self) -> Sequence[Any] | Exception:
        """The next block, or how the source ended; StopAsyncIteration is the good end."""
        try:
            reading = self._reading or await self._open()
            return await anext(reading.blocks)
        except Exception as error:  # noqa: BLE001 - an operator may catch it; if none does, the loop raises it
            return error

    async def _open(self) -> AsyncReading[Any]:
        # In a task, so that `abort` can end it while the server has not answered yet.
        self._opening = asyncio.ensure_future(self._source.aopen())
        try:
            self._reading = await self._opening
        except asyncio.CancelledError:
            if self.detached and not self.task:
                raise StopAsyncIteration from None
            raise
        return self._reading

    def push(self, block: Sequence[Any] | Exception) -> None:
        if self.detached:
            return
        if isinstance(block, StopAsyncIteration):
            self.observer.on_completed()
        elif isinstance(block, Exception):
            self.observer.on_error(block)
        else:
            on_next = self.observer.on_next
            for item in block:
                on_next(item)
                if self.detached:
                    break

    def start(self, done: Callable[[AsyncReader], None]) -> None:
        """Read in a task of its own; `done` is told when a block is there."""
        self.task = asyncio.ensure_future(self.read())
        self.task.add_done_callback(lambda _: done(self))

    def take(self) -> Sequence[Any] | Exception:
        """What the task has brought."""
        task, self.task = self.task, None
        assert task is not None  # noqa: S101 - `done` is only called for a task
        if task.cancelled():
            return RuntimeError("The task that read a stream was cancelled from outside.")
        return task.result()

    def abort(self) -> None:
        """Let go of the connection now, without waiting for anything."""
        self.detached = True
        if self._reading is not None:
            self._reading.abort()
        elif self._opening is not None:
            self._opening.cancel()
        if self.task is not None:
            self.task.cancel()

    async def aclose(self) -> None:
        if self.task is not None:
            await asyncio.gather(self.task, return_exceptions=True)
        if self._reading is not None:
            await self._reading.aclose()


class AsyncDriver(Driver[T]):
    """Iterates an observable in the calling task."""

    def __init__(self, observable: Observable[T]) -> None:
        super().__init__(observable)
        self._loop = asyncio.get_running_loop()
        self._readers: list[AsyncReader] = []
        self._direct: AsyncReader | None = None  # the one that is awaited in this task, while there is nothing else to do
        self._detached: list[AsyncReader] = []
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

    async def __aiter__(self) -> AsyncGenerator[T]:
        out, take = self._out, self._out.popleft
        try:
            self._subscribe()
            while not self._ended:
                while out:
                    yield take()
                reader = self._direct
                if reader is None:
                    await self._advance()
                else:
                    reader.push(await reader.read())
            while self._last:
                yield self._last.popleft()
            if self._error is not None:
                raise self._error
        finally:
            self.close()
            await self._close_detached()

    def close(self) -> None:
        """End the iteration and let go of every source at once; the loop must be this driver's."""
        self._finish()
        self._subscription.dispose()
        self._last.clear()

    async def _advance(self) -> None:
        self._run_due()
        await self._close_detached()
        if self._out or self._ended:
            return
        if len(self._readers) == 1 and not (self._timers or self._pushed_from_outside or self._readers[0].task):
            self._direct = self._readers[0]
        else:
            await self._wait()

    async def _wait(self) -> None:
        for reader in self._readers:
            if reader.task is None:
                reader.start(self._on_arrival)
        if not (self._arrived or self._out or self._ended or self._ready):
            await self._sleep()
        while self._arrived and not self._out:
            reader = self._arrived.popleft()
            if not reader.detached:
                reader.push(reader.take())

    async def _sleep(self) -> None:
        self._woken = self._loop.create_future()
        self._waiting = True
        seconds = self._seconds_to_next_timer()
        timer = None if seconds is None else self._loop.call_later(seconds, self._set_woken)
        try:
            await self._woken
        finally:
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
