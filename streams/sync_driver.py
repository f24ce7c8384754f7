"""Iterating in a thread: one source is read in the consumer's own thread, several each on a thread of their own."""

from __future__ import annotations

import queue
import threading
from typing import TYPE_CHECKING, Any, TypeVar

from reactivex.disposable import Disposable

from rillm.streams.driver import Driver

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence

    from reactivex import Observable, abc

    from rillm.streams.source import Reading, Source

T = TypeVar("T")
BLOCKS_AHEAD = 2  # what a reader's thread may have read and nobody has taken yet


class Reader:
    """A source and the observer it feeds. It is opened by its first read."""

    def __init__(self, source: Source[Any], observer: abc.ObserverBase[Any]) -> None:
        self._source = source
        self._reading: Reading[Any] | None = None
        self._permits = threading.Semaphore(BLOCKS_AHEAD)
        self.observer = observer
        self.on_thread = False
        self.detached = False

    @property
    def blocks(self) -> Iterator[Sequence[Any]]:
        """What the source brings; opens it at the first use.

        Raises:
            RillmError: it could not be opened.
        """
        if self._reading is None:
            self._reading = self._source.open()
            if self.detached:  # while it was being opened
                self.close()
        return self._reading.blocks

    def push(self, block: Sequence[Any]) -> None:
        on_next = self.observer.on_next
        for item in block:
            on_next(item)
            if self.detached:
                break

    def end(self, reason: Exception) -> None:
        """Tell the observer how the source ended; StopIteration is the good end."""
        if self.detached:
            return
        if isinstance(reason, StopIteration):
            self.observer.on_completed()
        else:
            self.observer.on_error(reason)

    def start(self, inbox: queue.SimpleQueue[Any]) -> None:
        """Read on a thread; the consumer's thread pushes what comes."""
        self.on_thread = True
        threading.Thread(target=self._pump, args=(inbox,), name="rillm-reader", daemon=True).start()

    def _pump(self, inbox: queue.SimpleQueue[Any]) -> None:
        block: Sequence[Any] | Exception = ()
        while not self.detached and not isinstance(block, Exception):
            self._permits.acquire()
            try:
                block = next(self.blocks)
            except Exception as error:  # noqa: BLE001 - told to the observer, on the consumer's thread
                block = error
            inbox.put((self, block))

    def taken(self) -> None:
        """A block has left the inbox."""
        self._permits.release()

    def close(self) -> None:
        self.detached = True
        self._permits.release()
        if self._reading is not None:
            self._reading.close()


class SyncDriver(Driver[T]):
    """Iterates an observable in the calling thread."""

    def __init__(self, observable: Observable[T]) -> None:
        super().__init__(observable)
        self._readers: list[Reader] = []
        self._direct: Reader | None = None  # the one that is read in this thread, while there is nothing else to do
        self._inbox: queue.SimpleQueue[Any] = queue.SimpleQueue()

    def attach(self, source: Source[Any], observer: abc.ObserverBase[Any]) -> abc.DisposableBase:
        reader = Reader(source, observer)
        self._readers.append(reader)
        self._direct = None

        def detach() -> None:
            if reader in self._readers:
                self._readers.remove(reader)
            self._direct = None
            reader.close()

        return Disposable(detach)

    def __iter__(self) -> Generator[T]:
        out, take = self._out, self._out.popleft
        try:
            self._subscribe()
            while not self._ended:
                while out:
                    yield take()
                reader = self._direct
                if reader is None:
                    self._advance()
                    continue
                try:
                    block = next(reader.blocks)
                except Exception as error:  # noqa: BLE001 - an operator may catch it; if none does, it is raised below
                    reader.end(error)
                else:
                    reader.push(block)
            yield from self._last
            if self._error is not None:
                raise self._error
        finally:
            self.close()

    def close(self) -> None:
        """End the iteration and let go of every source, from any thread."""
        self._finish()
        self._subscription.dispose()
        self._last.clear()

    def _advance(self) -> None:
        self._run_due()
        if self._out or self._ended:
            return
        if len(self._readers) == 1 and not (self._timers or self._pushed_from_outside or self._readers[0].on_thread):
            self._direct = self._readers[0]
        else:
            self._wait()

    def _wait(self) -> None:
        for reader in self._readers:
            if not reader.on_thread:
                reader.start(self._inbox)
        message = self._next_message()
        if message is not None:
            reader, block = message
            reader.taken()
            if isinstance(block, Exception):
                reader.end(block)
            elif not reader.detached:
                reader.push(block)

    def _next_message(self) -> tuple[Reader, Sequence[Any] | Exception] | None:
        """What a reader brings; None if a timer is due or something came from outside."""
        self._waiting = True
        try:
            if self._out or self._ended or self._ready:  # another thread was quicker than our flag
                return None
            return self._inbox.get(timeout=self._seconds_to_next_timer())
        except queue.Empty:
            return None
        finally:
            self._waiting = False

    def _wake(self) -> None:
        self._inbox.put(None)
