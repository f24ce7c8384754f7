"""Iterating in a thread: one source is read in the consumer's own thread, several each on a thread of their own."""

from __future__ import annotations

import queue
import threading
from time import perf_counter
from typing import TYPE_CHECKING, Any, TypeVar

from reactivex.disposable import Disposable

from rillm.streams.driver import Driver
from rillm.streams.reader import Reader

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from reactivex import Observable, abc

    from rillm.streams.source import Source

T = TypeVar("T")


class SyncDriver(Driver[T]):
    """Iterates an observable in the calling thread."""

    def __init__(self, observable: Observable[T]) -> None:
        super().__init__(observable)
        self._readers: list[Reader] = []
        self._direct: Reader | None = None  # the one that is read in this thread, while there is nothing else to do
        self._inbox: queue.SimpleQueue[Reader | None] = queue.SimpleQueue()

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
                reader = self._direct or self._next_reader()
                if reader is None:
                    continue
                began = perf_counter()
                try:
                    block = reader.take()
                except Exception as error:  # noqa: BLE001 - an operator may catch it; if none does, it is raised below
                    self._waited += perf_counter() - began
                    reader.end(error)
                    self._direct = None  # another thread may have let go of it just when it was chosen
                    continue
                self._waited += perf_counter() - began
                on_next = reader.observer.on_next
                for item in block:
                    on_next(item)
                    while out:
                        yield take()
                    if reader.detached:
                        break
            while self._last:  # `close` may clear it between two items
                yield self._last.popleft()
            if self._error is not None:
                raise self._error
        finally:
            self.close()

    def close(self) -> None:
        """End the iteration and let go of every source, from any thread."""
        self._finish()
        self._subscription.dispose()
        self._last.clear()

    @property
    def is_alive(self) -> bool:
        """Whether something can still run: a thread can be started at any time."""
        return True

    def call_later(self, seconds: float, action: Callable[[], None]) -> threading.Timer:
        """Run `action` though nobody iterates: on a thread that does not keep the process alive."""
        timer = threading.Timer(seconds, action)
        timer.daemon = True
        timer.start()
        return timer

    def let_go(self, subscription: abc.DisposableBase) -> None:
        subscription.dispose()

    def _next_reader(self) -> Reader | None:
        """The reader to take a block from; None if there is something else to look at first."""
        self._run_due()
        if self._out or self._ended:
            return None
        readers = [*self._readers]  # another thread may let go of one
        if len(readers) == 1 and not (self._timers or self._pushed_from_outside or readers[0].on_thread):
            self._direct = readers[0]
            return self._direct
        for reader in readers:
            if not reader.on_thread:
                reader.start(self._inbox)
        return self._wait()

    def _wait(self) -> Reader | None:
        self._waiting = True
        began = perf_counter()
        try:
            if self._out or self._ended or self._ready:  # another thread was quicker than our flag
                return None
            reader = self._inbox.get(timeout=self._seconds_to_next_timer())
        except queue.Empty:
            return None
        finally:
            self._waiting = False
            self._waited += perf_counter() - began
        return None if reader is None or reader.detached else reader

    def _wake(self) -> None:
        self._inbox.put(None)
