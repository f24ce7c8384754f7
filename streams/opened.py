"""A response that is open already and belongs to the first who reads it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from rillm.streams.errors import StreamConsumedError
from rillm.streams.threaded import aopen_on_thread

if TYPE_CHECKING:
    from rillm.streams.source import AsyncReading, Reading

T = TypeVar("T")

CONSUMED = (
    "This stream has been read: its one response belonged to the first loop or subscription. Use stream.share() before "
    "reading to let several consumers have it, or rillm.stream(model, messages), which makes a new call for each."
)


class OpenedSource(Generic[T]):
    """Hands out a reading that was opened by blocking. `async for` may read it too, on a thread."""

    def __init__(self, reading: Reading[T]) -> None:
        self._reading = reading
        self._taken = False

    def open(self) -> Reading[T]:
        self._take()
        return self._reading

    async def aopen(self) -> AsyncReading[T]:
        self._take()
        return await aopen_on_thread(lambda: self._reading)

    def close(self) -> None:
        self._taken = True
        self._reading.close()

    def _take(self) -> None:
        if self._taken:
            raise StreamConsumedError(CONSUMED)
        self._taken = True

    def __del__(self) -> None:
        if not self._taken:
            self._reading.close()


class AsyncOpenedSource(Generic[T]):
    """Hands out a reading that was opened on an event loop."""

    def __init__(self, reading: AsyncReading[T]) -> None:
        self._reading = reading
        self._loop = asyncio.get_running_loop()
        self._taken = False

    def open(self) -> Reading[T]:
        raise TypeError("This stream was opened by acompletion: read it by `async for`, or call completion().")

    async def aopen(self) -> AsyncReading[T]:
        if self._taken:
            raise StreamConsumedError(CONSUMED)
        self._taken = True
        return self._reading

    def close(self) -> None:
        self._taken = True
        self._reading.abort()
        if not self._loop.is_closed():  # what takes awaiting follows when the loop gets to run
            self._loop.call_soon_threadsafe(_start_closing, self._reading)

    async def aclose(self) -> None:
        self._taken = True
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
