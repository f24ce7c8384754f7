"""`silences`: see where a stream says nothing; not public."""

from __future__ import annotations

from datetime import timedelta
from threading import RLock
from typing import TYPE_CHECKING, TypeVar

from reactivex import abc
from reactivex.disposable import CompositeDisposable, SerialDisposable
from reactivex.scheduler import TimeoutScheduler

from rillm.streams.stream import Stream

if TYPE_CHECKING:
    from reactivex import Observable

    from rillm.operators.operator import Operator

T = TypeVar("T")


def silences(seconds: float) -> Operator[T, T | None]:
    """Emit None whenever nothing has come for so many seconds, from the subscription to the end."""

    def told(source: Observable[T]) -> Stream[T | None]:
        def subscribe(
            observer: abc.ObserverBase[T | None], scheduler: abc.SchedulerBase | None = None
        ) -> abc.DisposableBase:
            watch = _Watch[T](observer, scheduler or TimeoutScheduler.singleton(), seconds)
            watch.look_after(seconds)
            return CompositeDisposable(watch.timer, source.subscribe(watch, scheduler=scheduler))

        return Stream(subscribe)

    return told


class _Watch(abc.ObserverBase[T]):
    """One subscription. Its timer runs until the end, and is not set anew for each item."""

    def __init__(self, observer: abc.ObserverBase[T | None], clock: abc.SchedulerBase, seconds: float) -> None:
        self.timer = SerialDisposable()
        self._observer = observer
        self._clock = clock
        self._seconds = seconds
        self._last = clock.now
        self._lock = RLock()  # some schedulers have threads for their timers

    def on_next(self, value: T) -> None:
        with self._lock:
            self._last = self._clock.now
            self._observer.on_next(value)

    def on_error(self, error: Exception) -> None:
        with self._lock:
            self._observer.on_error(error)

    def on_completed(self) -> None:
        with self._lock:
            self._observer.on_completed()

    def look_after(self, seconds: float) -> None:
        def look(*_: object) -> None:
            with self._lock:
                left = self._seconds - (self._clock.now - self._last).total_seconds()
                if left <= 0 and not self.timer.is_disposed:
                    left = self._seconds
                    self._observer.on_next(None)
                self.look_after(left)

        self.timer.disposable = self._clock.schedule_relative(timedelta(seconds=seconds), look)
