"""A source that a driver reads by blocking: in the consumer's own thread, or on one of its own."""

from __future__ import annotations

import threading
from collections import deque
from contextvars import copy_context
from typing import TYPE_CHECKING, Any

from rillm.streams.turns import in_turns

if TYPE_CHECKING:
    import queue
    from collections.abc import Callable, Generator, Sequence

    from reactivex import abc

    from rillm.streams.source import Reading, Source

BLOCKS_AHEAD = 2  # what a reader's thread may have read and nobody has taken yet; a large block counts by its turns


class Reader:
    """A source and the observer it feeds. It is opened by its first read, in the context of the subscription.

    `take` gives the next block, from a thread the next turn, or raises how the source ended: by StopIteration if well.
    """

    def __init__(self, source: Source[Any], observer: abc.ObserverBase[Any]) -> None:
        self._source = source
        self._context = copy_context()
        self._reading: Reading[Any] | None = None
        self._blocks = self._read()
        self._permits = threading.Semaphore(BLOCKS_AHEAD)
        self._arrived: deque[Sequence[Any] | Exception] = deque()
        self.take: Callable[[], Sequence[Any]] = self._blocks.__next__
        self.observer = observer
        self.on_thread = False
        self.detached = False

    def _read(self) -> Generator[Sequence[Any]]:
        self._reading = self._context.run(self._source.open)
        if self.detached:  # while it was being opened
            self.close()
        yield from self._reading.blocks

    def start(self, inbox: queue.SimpleQueue[Reader | None]) -> None:
        """Read on a thread from now on, in turns; `inbox` tells when there is one to take."""
        self.on_thread = True
        self._blocks = in_turns(self._blocks)
        self.take = self._take_arrived
        threading.Thread(target=self._pump, args=(inbox,), name="rillm-reader", daemon=True).start()

    def _pump(self, inbox: queue.SimpleQueue[Reader | None]) -> None:
        block: Sequence[Any] | Exception = ()
        while not self.detached and not isinstance(block, Exception):
            self._permits.acquire()
            block = self._next()
            self._arrived.append(block)
            inbox.put(self)

    def _next(self) -> Sequence[Any] | Exception:
        try:
            return next(self._blocks)
        except Exception as error:  # noqa: BLE001 - raised by `take`, on the consumer's thread
            return error
        finally:
            if self.detached:  # since it began to read, when all that could be done was to cut the connection
                self.close()

    def _take_arrived(self) -> Sequence[Any]:
        block = self._arrived.popleft()
        self._permits.release()
        if isinstance(block, Exception):
            raise block
        return block

    def end(self, reason: Exception) -> None:
        """Tell the observer how the source ended, in the context of the subscription: it may subscribe anew."""
        if self.detached:
            return
        if isinstance(reason, StopIteration):
            self._context.run(self.observer.on_completed)
        else:
            self._context.run(self.observer.on_error, reason)

    def close(self) -> None:
        self.detached = True
        self._permits.release()
        if self._reading is not None:
            self._reading.close()
