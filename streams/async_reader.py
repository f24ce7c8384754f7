"""A source that a driver awaits: in the consumer's own task, or in one of its own."""

from __future__ import annotations

import asyncio
from collections import deque
from contextvars import copy_context
from typing import TYPE_CHECKING, Any

from rillm.streams.turns import TURN, turns

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from reactivex import abc

    from rillm.streams.source import AsyncReading, Source


class AsyncReader:
    """A source and the observer it feeds. It is opened by its first read, in the context of the subscription.

    `take` gives the next turn, or raises how the source ended: StopAsyncIteration is the good end.
    """

    def __init__(self, source: Source[Any], observer: abc.ObserverBase[Any]) -> None:
        self._source = source
        self._context = copy_context()
        self._reading: AsyncReading[Any] | None = None
        self._opening: asyncio.Task[AsyncReading[Any]] | None = None
        self._next_block: Callable[[], Awaitable[Sequence[Any]]] = self._open
        self._turns: deque[Sequence[Any]] = deque()
        self.observer = observer
        self.task: asyncio.Task[Sequence[Any]] | None = None
        self.detached = False

    async def _open(self) -> Sequence[Any]:
        # In a task, so that `abort` can end it while the server has not answered yet.
        self._opening = asyncio.get_running_loop().create_task(self._source.aopen(), context=self._context)
        try:
            self._reading = await self._opening
        except asyncio.CancelledError:
            if self._opening.done() and not self._opening.cancelled() and self._opening.exception() is None:
                self._reading = self._opening.result()  # it came at the same moment
                self._reading.abort()
            if self.detached and not self.task:
                raise StopAsyncIteration from None
            raise
        self._next_block = self._reading.blocks.__anext__
        return await self._next_block()

    async def take(self) -> Sequence[Any]:
        if not self._turns:
            block = await self._next_block()
            if len(block) <= TURN:
                return block
            self._turns.extend(turns(block))
        return self._turns.popleft()

    def start(self, done: Callable[[AsyncReader], None]) -> None:
        """Take in a task of its own; `done` is told when there is something, and `arrived` gives it."""
        self.task = asyncio.create_task(self.take())
        self.task.add_done_callback(lambda _: done(self))

    def arrived(self) -> Sequence[Any]:
        """What the task has brought."""
        task, self.task = self.task, None
        if task is None or task.cancelled():
            raise RuntimeError("The task that read a stream was cancelled from outside.")
        return task.result()

    def end(self, reason: Exception) -> None:
        """Tell the observer how the source ended, in the context of the subscription: it may subscribe anew."""
        if self.detached:
            return
        if isinstance(reason, StopAsyncIteration):
            self._context.run(self.observer.on_completed)
        else:
            self._context.run(self.observer.on_error, reason)

    def abort(self) -> None:
        """Let go of the connection now, without waiting for anything."""
        self.detached = True
        if self._reading is not None:
            self._reading.abort()
        elif self._opening is not None:
            self._opening.cancel()
        if self.task is not None:
            self.task.cancel()

    async def let_go(self) -> None:
        """After `abort`: wait until a request that had no answer yet is given up, which takes a step of the loop."""
        if self._reading is None and self.task is not None and not self.task.done():
            await asyncio.wait([self.task])

    async def aclose(self) -> None:
        if self.task is not None:
            await asyncio.gather(self.task, return_exceptions=True)
        if self._reading is not None:
            await self._reading.aclose()
