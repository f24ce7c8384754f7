"""A source that plays blocks and remembers what was done to it."""

from __future__ import annotations

import asyncio
import threading
from enum import Enum
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar

import pytest

from rillm.streams.source import AsyncReading, Reading
from rillm.streams.stream import Stream, from_source
from tests.kit.leaks import run

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Generator, Sequence

    from reactivex import Observable

T = TypeVar("T")


class Wait(Enum):
    SILENCE = "until the reading is closed"


SILENCE = Wait.SILENCE
Step: TypeAlias = "Sequence[T] | Exception | Wait | float"


class Script(Generic[T]):
    """Blocks, exceptions to raise, seconds to wait, or SILENCE; counts what happens.

    Attributes:
        opened, read, closed: readings that were opened, blocks that were taken, readings that are over.
        threads: in which it was read.
    """

    def __init__(self, *steps: Step[T]) -> None:
        self._steps = steps
        self.opened = self.read = self.closed = 0
        self.threads: set[int] = set()

    def fresh(self) -> Script[T]:
        """The same one, which nobody has read."""
        return Script(*self._steps)

    @property
    def live(self) -> int:
        """How many readings are open."""
        return self.opened - self.closed

    def open(self) -> Reading[T]:
        self.opened += 1
        over = threading.Event()
        return Reading(self._blocks(over), lambda: self._close(over))

    async def aopen(self) -> AsyncReading[T]:
        self.opened += 1
        over = threading.Event()
        woken = asyncio.Event()

        def abort() -> None:
            self._close(over)
            woken.set()

        async def aclose() -> None:
            abort()

        return AsyncReading(self._ablocks(over, woken), aclose, abort)

    def _close(self, over: threading.Event) -> None:
        if not over.is_set():
            over.set()
            self.closed += 1

    def _blocks(self, over: threading.Event) -> Generator[Sequence[T]]:
        for step in self._steps:
            if isinstance(step, float | Wait):
                over.wait(step if isinstance(step, float) else None)
            if over.is_set():
                return
            if isinstance(step, Exception):
                self._close(over)
                raise step
            if not isinstance(step, float | int | Wait):
                self.read += 1
                self.threads.add(threading.get_ident())
                yield step
        self._close(over)

    async def _ablocks(self, over: threading.Event, woken: asyncio.Event) -> AsyncGenerator[Sequence[T]]:
        for step in self._steps:
            if isinstance(step, float | Wait):
                await waited(woken, step if isinstance(step, float) else None)
            if over.is_set():
                return
            if isinstance(step, Exception):
                self._close(over)
                raise step
            if not isinstance(step, float | int | Wait):
                self.read += 1
                self.threads.add(threading.get_ident())
                yield step
        self._close(over)


async def waited(event: asyncio.Event, seconds: float | None) -> None:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return


def stream_of(*steps: Step[Any]) -> Stream[Any]:
    return from_source(Script(*steps))


def collect(observable: Observable[T]) -> list[T]:
    """All items, by `for`."""
    assert isinstance(observable, Stream)
    return list(observable)


def acollect(observable: Observable[T]) -> list[T]:
    """All items, by `async for`."""
    assert isinstance(observable, Stream)

    async def main() -> list[T]:
        return [item async for item in observable]

    return run(main())


both = pytest.mark.parametrize("collect", [collect, acollect], ids=["sync", "async"])
