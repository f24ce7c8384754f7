"""The iterator is the scheduler: what the sync and the async driver share.

A driver is passed as `scheduler=` when its iterator subscribes. Sources that see it attach themselves to be read
instead of starting to push; operators that need time set timers on it. So one consumer, in its own thread or task, does
all the work of its pipeline, and nothing runs while it does not ask.
"""

from __future__ import annotations

import heapq
import itertools
import threading
import time
from abc import abstractmethod
from collections import deque
from contextlib import contextmanager
from contextvars import Context, copy_context
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from reactivex.disposable import SingleAssignmentDisposable
from reactivex.scheduler.periodicscheduler import PeriodicScheduler

if TYPE_CHECKING:
    from collections.abc import Generator

    from reactivex import Observable, abc, typing

    from rillm.streams.source import Source

T = TypeVar("T")


class Action(NamedTuple):
    """Something to run at a time of `time.monotonic()`; `number` keeps the order of equal times.

    As with asyncio, it runs in the `context` in which it was scheduled.
    """

    due: float
    number: int
    run: Any
    state: Any
    handle: SingleAssignmentDisposable
    context: Context


class Driver(PeriodicScheduler, Generic[T]):
    """One iteration of one observable: what came out and waits to be taken, how it ended, what has to be run."""

    def __init__(self, observable: Observable[T]) -> None:
        super().__init__()
        self._observable = observable
        self._subscription = SingleAssignmentDisposable()
        self._out: deque[T] = deque()
        self._last: deque[T] = deque()  # what had come when the end came: nothing after it counts
        self._ended = False
        self._error: Exception | None = None
        self._ready: deque[Action] = deque()
        self._timers: list[Action] = []
        self._numbers = itertools.count()
        self._waited = 0.0
        self._direct: Any = None
        self._waiting = False  # the consumer sleeps until `_wake`
        self._pushed_from_outside = False
        self._thread = threading.get_ident()

    @abstractmethod
    def attach(self, source: Source[Any], observer: abc.ObserverBase[Any]) -> abc.DisposableBase:
        """Read `source` whenever the consumer asks, and push what comes to `observer`, until disposed."""

    @abstractmethod
    def let_go(self, subscription: abc.DisposableBase) -> None:
        """Dispose of what this iteration has subscribed to, at once. Called from any thread."""

    @abstractmethod
    def _wake(self) -> None:
        """Let a sleeping consumer look. Called from any thread."""

    @property
    def is_over(self) -> bool:
        """Whether there is nothing left to take."""
        return self._ended and not self._last

    def seconds_waited(self) -> float:
        """How long the consumer has waited for its sources: they were all silent, and it had nothing else to do."""
        return self._waited

    # What operators call.

    def schedule(self, action: abc.ScheduledAction[Any], state: Any = None) -> abc.DisposableBase:
        handle = SingleAssignmentDisposable()
        self._ready.append(Action(0, next(self._numbers), action, state, handle, copy_context()))
        self._notice()
        return handle

    def schedule_relative(
        self, duetime: typing.RelativeTime, action: abc.ScheduledAction[Any], state: Any = None
    ) -> abc.DisposableBase:
        handle = SingleAssignmentDisposable()
        due = time.monotonic() + self.to_seconds(duetime)
        heapq.heappush(self._timers, Action(due, next(self._numbers), action, state, handle, copy_context()))
        self._notice()
        return handle

    def schedule_absolute(
        self, duetime: typing.AbsoluteTime, action: abc.ScheduledAction[Any], state: Any = None
    ) -> abc.DisposableBase:
        return self.schedule_relative(self.to_datetime(duetime) - self.now, action, state)

    # What the subscription calls.

    def _on_next(self, item: T) -> None:
        self._out.append(item)
        if self._waiting:
            self._notice()

    def _finish(self, error: Exception | None = None) -> None:
        if not self._ended:
            self._ended, self._error = True, error
            self._last.extend(self._out)
            self._out.clear()
            self._notice()

    def _notice(self) -> None:
        """Something came that no reader brought: no reader may keep the consumer to itself."""
        self._direct = None
        self._pushed_from_outside |= threading.get_ident() != self._thread
        if self._waiting:
            self._wake()

    # What the two loops share.

    def _subscribe(self) -> None:
        observable = self._observable
        del self._observable  # a stream holds its cursor: no cycle, so that dropping the stream ends this iteration
        self._subscription.disposable = observable.subscribe(self._on_next, self._finish, self._finish, scheduler=self)

    def _run_due(self) -> None:
        now = time.monotonic()
        while self._timers and (self._timers[0].due <= now or self._timers[0].handle.is_disposed):
            self._ready.append(heapq.heappop(self._timers))
        while self._ready and not self._ended:
            action = self._ready.popleft()
            if not action.handle.is_disposed:
                action.handle.disposable = action.context.run(self.invoke_action, action.run, action.state)

    def _seconds_to_next_timer(self) -> float | None:
        return max(0.0, self._timers[0].due - time.monotonic()) if self._timers else None


_subscribing = threading.local()


@contextmanager
def driving(driver: Driver[Any]) -> Generator[None]:
    """Remember who drives while a subscription is being made: `do_action` and `connect` forget to pass it on."""
    outer = current_driver()
    _subscribing.driver = driver
    try:
        yield
    finally:
        _subscribing.driver = outer


def current_driver() -> Driver[Any] | None:
    """The driver for which this thread is subscribing just now."""
    return getattr(_subscribing, "driver", None)
