"""A response that is open already and belongs to the first who reads it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from rillm.streams.errors import StreamConsumedError
from rillm.streams.source import AsyncReading, Reading
from rillm.streams.threaded import aopen_on_thread

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")
R = TypeVar("R")

CONSUMED = (
    "This stream has been read: its one response belonged to the first loop or subscription. Use stream.share() before "
    "reading to let several consumers have it, or rillm.stream(model, messages), which makes a new call for each."
)


class Opened(Generic[R]):
    """A reading to be taken once. `on_unread` is called if it is let go of before anybody has."""

    def __init__(self, reading: R, on_unread: Callable[[], None] = lambda: None) -> None:
        self._reading = reading
        self._on_unread = on_unread
        self._taken = False

    def take(self) -> R:
        if self._taken:
            raise StreamConsumedError(CONSUMED)
        self._taken = True
        return self._reading

    def give_up(self) -> None:
        if not self._taken:
            self._taken = True
            self._on_unread()


class OpenedSource(Opened[Reading[T]]):
    """Hands out a reading that was opened by blocking. `async for` may read it too, on a thread."""

    def open(self) -> Reading[T]:
        return self.take()

    async def aopen(self) -> AsyncReading[T]:
        reading = self.take()
        return await aopen_on_thread(lambda: reading)

    def close(self) -> None:
        self.give_up()
        self._reading.close()

    def __del__(self) -> None:
        if not self._taken:
            self.close()


class AsyncOpenedSource(Opened[AsyncReading[T]]):
    """Hands out a reading that was opened on an event loop."""

    def __init__(self, reading: AsyncReading[T], on_unread: Callable[[], None] = lambda: None) -> None:
        super().__init__(reading, on_unread)
        self._loop = asyncio.get_running_loop()

    def open(self) -> Reading[T]:
        raise StreamConsumedError(
            "This stream was opened by acompletion: read it by `async for`, or call completion()."
        )

    async def aopen(self) -> AsyncReading[T]:
        return self.take()

    def close(self) -> None:
        self.give_up()
        self._reading.abort()
        if not self._loop.is_closed():  # what takes awaiting follows when the loop gets to run
            self._loop.call_soon_threadsafe(_start_closing, self._reading)

    async def aclose(self) -> None:
        self.give_up()
        self._reading.abort()
        await self._reading.aclose()

    def __del__(self) -> None:
        if not self._taken:
            self.close()


_closing: set[asyncio.Future[None]] = set()  # an event loop itself holds its tasks only weakly


def _start_closing(reading: AsyncReading[Any]) -> None:
    task = asyncio.ensure_future(reading.aclose())
    _closing.add(task)
    task.add_done_callback(_closing.discard)
