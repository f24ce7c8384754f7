"""Sources that remember what was done to them."""

from __future__ import annotations

import asyncio
import threading
from enum import Enum
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar

from reactivex import Observable
from reactivex.disposable import Disposable

from rillm.streams.source import AsyncReading, Reading

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Generator, Sequence

    from reactivex import abc

T = TypeVar("T")


class Wait(Enum):
    SILENCE = "until the reading is closed"


SILENCE = Wait.SILENCE
Step: TypeAlias = "Sequence[T] | Exception | Wait | float"


class Probe(Generic[T]):
    """A source that plays blocks, exceptions to raise, seconds to wait, or SILENCE, and counts what is done to it.

    Attributes:
        opened, read, closed, raised: readings that were opened, blocks that were taken, readings that are over, errors.
        threads: in which it was read.
    """

    def __init__(self, *steps: Step[T]) -> None:
        self._steps = steps
        self.opened = self.read = self.closed = self.raised = 0
        self.threads: set[int] = set()
        self._readings: list[threading.Event] = []

    def fresh(self) -> Probe[T]:
        """The same one, which nobody has read."""
        return Probe(*self._steps)

    @property
    def live(self) -> int:
        """How many readings are open."""
        return self.opened - self.closed

    def let_go(self) -> int:
        """End what nobody has closed; how many readings that were."""
        left = self.live
        for over in self._readings:
            self._close(over)
        return left

    def _begin(self) -> threading.Event:
        self.opened += 1
        over = threading.Event()
        self._readings.append(over)
        return over

    def open(self) -> Reading[T]:
        over = self._begin()
        return Reading(self._blocks(over), lambda: self._close(over))

    async def aopen(self) -> AsyncReading[T]:
        over = self._begin()
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
                self.raised += 1
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
                self.raised += 1
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


class Emitter(Observable[Any]):
    """A plain observable that emits while it is subscribed to, and does not end.

    Attributes:
        schedulers: on which it was subscribed to.
        disposed: how many of the subscriptions are over.
    """

    def __init__(self, items: Sequence[Any]) -> None:
        super().__init__(self._emit)
        self._items = items
        self.schedulers: list[object] = []
        self.disposed = 0

    def _emit(self, observer: abc.ObserverBase[Any], scheduler: abc.SchedulerBase | None = None) -> abc.DisposableBase:
        self.schedulers.append(scheduler)
        for item in self._items:
            observer.on_next(item)
        return Disposable(self._dispose)

    def _dispose(self) -> None:
        self.disposed += 1
