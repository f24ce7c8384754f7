"""One subscription for several consumers: whoever needs the next item pulls it for all.

Rx's own `share` leaves the source with the first consumer: when that one goes, the others would wait for ever.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from rillm.streams.async_driver import AsyncDriver
from rillm.streams.errors import StreamCancelledError
from rillm.streams.source import AsyncReading, Reading
from rillm.streams.sync_driver import SyncDriver

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Generator, Iterable, Sequence

    from reactivex import Observable

T = TypeVar("T")


class Hub(Generic[T]):
    """A shared stream and who listens to it. It subscribes at the first read and disposes when the last one leaves.

    Args:
        observable: what is shared.
        replay: how many of the items that came before it joined a consumer gets; None for all.
        grace: seconds that it stays open, unread, after the last one has left.
    """

    def __init__(self, observable: Observable[T], replay: int | None = 0, grace: float = 0.0) -> None:
        self._observable = observable
        self._grace = grace
        self._kept: deque[T] = deque(maxlen=replay)
        self._driver: SyncDriver[T] | AsyncDriver[T] | None = None
        self._items: Any = None
        self._seats: set[Seat[T]] = set()
        self._changed = threading.Condition()
        self._is_pulling = False
        self._pulling: asyncio.Task[None] | None = None
        self._leaving: threading.Timer | asyncio.TimerHandle | None = None
        self.end: Exception | None = None

    @property
    def is_over(self) -> bool:
        """Whether a new consumer needs a call of its own."""
        return self.end is not None and not (self._kept and ended_well(self.end))

    def join(self) -> Seat[T]:
        """A consumer that gets what is kept, and what comes from now on."""
        with self._changed:
            if self._leaving is not None:
                self._leaving.cancel()
                self._leaving = None
            seat = Seat(self, self._kept)
            self._seats.add(seat)
            return seat

    def leave(self, seat: Seat[T]) -> None:
        with self._changed:
            self._seats.discard(seat)
            if self._seats or self.end is not None or self._leaving is not None:
                return
            if self._grace and self._driver is not None and self._driver.is_alive:
                self._leaving = self._driver.call_later(self._grace, self._leave)
                return
        self._leave()

    def _leave(self) -> None:
        with self._changed:
            if self._seats:
                return
            self.end = self.end or StreamCancelledError("All consumers of a shared stream have left.")
        if self._driver is not None:
            self._driver.close()

    def pull(self, seat: Seat[T]) -> None:
        """Get `seat` an item or the end, by blocking: one thread pulls for all, the others wait for what it gets."""
        with self._changed:
            while self._is_pulling and not seat.buffer and self.end is None:
                self._changed.wait()
            if seat.buffer or self.end is not None:
                return
            self._is_pulling = True
        try:
            self._pull_here()
        finally:
            with self._changed:
                self._is_pulling = False
                self._changed.notify_all()

    def _pull_here(self) -> None:
        if self._driver is None:
            self._driver = SyncDriver(self._observable)
            self._items = iter(self._driver)
        try:
            self._hand_out(next(self._items))
        except Exception as error:  # noqa: BLE001 - raised to each consumer
            self.end = error
        except BaseException:
            self.end = interrupted()
            raise

    async def apull(self) -> None:
        """Get everybody an item or the end. In a task, as the consumer that asked first may be cancelled."""
        self._pulling = self._pulling or asyncio.create_task(self._pull_in_task())
        await asyncio.shield(self._pulling)

    async def _pull_in_task(self) -> None:
        if self._driver is None:
            self._driver = AsyncDriver(self._observable)
            self._items = aiter(self._driver)
        try:
            self._hand_out(await anext(self._items))
        except Exception as error:  # noqa: BLE001 - raised to each consumer
            self.end = error
        except BaseException:
            self.end = self.end or interrupted()
            raise
        finally:
            self._pulling = None

    async def aclose(self) -> None:
        """Wait until nothing is open, if the last one has left."""
        if self._seats or self._items is None or self._leaving is not None:
            return
        if self._pulling is not None:
            self._pulling.cancel()
            await asyncio.gather(self._pulling, return_exceptions=True)
        await self._items.aclose()

    def _hand_out(self, item: T) -> None:
        with self._changed:
            self._kept.append(item)
            for seat in self._seats:
                seat.buffer.append(item)


def ended_well(end: Exception) -> bool:
    return isinstance(end, StopIteration | StopAsyncIteration)


def interrupted() -> StreamCancelledError:
    return StreamCancelledError("The consumer that read a shared stream for all was interrupted.")


class Seat(Generic[T]):
    """One consumer of a hub, as a source: what has come and it has not taken yet."""

    def __init__(self, hub: Hub[T], kept: Iterable[T]) -> None:
        self._hub = hub
        self.buffer = deque(kept)

    def open(self) -> Reading[T]:
        return Reading(self._read(), self.leave)

    async def aopen(self) -> AsyncReading[T]:
        async def aclose() -> None:
            self.leave()
            await self._hub.aclose()

        return AsyncReading(self._aread(), aclose, self.leave)

    def leave(self) -> None:
        self._hub.leave(self)

    def _read(self) -> Generator[Sequence[T]]:
        while self.buffer or self._hub.end is None:
            self._hub.pull(self)
            while self.buffer:
                yield (self.buffer.popleft(),)
        self._raise_error()

    async def _aread(self) -> AsyncGenerator[Sequence[T]]:
        while self.buffer or self._hub.end is None:
            if not self.buffer:
                await self._hub.apull()
            while self.buffer:
                yield (self.buffer.popleft(),)
        self._raise_error()

    def _raise_error(self) -> None:
        end = self._hub.end
        if end is not None and not ended_well(end):
            raise end
