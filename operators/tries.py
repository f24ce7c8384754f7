"""`tries`: what `retry_before_first_token` and `fallback_to` have in common; not public."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from reactivex import Observable, abc
from reactivex.disposable import SerialDisposable, SingleAssignmentDisposable
from reactivex.scheduler import TimeoutScheduler

from rillm.streams.stream import Stream
from rillm.streams.tidy import says_something

if TYPE_CHECKING:
    from collections.abc import Callable

    from rillm.operators.operator import Operator
    from rillm.streams.chunk import ModelResponseStream


class Next(NamedTuple):
    """What is tried after `seconds`."""

    stream: Observable[ModelResponseStream]
    seconds: float = 0.0


def tries(
    decide: Callable[[Observable[ModelResponseStream]], Callable[[Exception], Next | None]],
) -> Operator[ModelResponseStream, ModelResponseStream]:
    """Go on with another stream where one fails before it has said anything.

    Chunks that say nothing, such as the first with its role, wait for one that does: those of a failed try are never
    seen.

    Args:
        decide: makes, for one subscription to a source, what tells what comes after an error; None: the error.
    """

    def tried(source: Observable[ModelResponseStream]) -> Stream[ModelResponseStream]:
        def subscribe(
            observer: abc.ObserverBase[ModelResponseStream], scheduler: abc.SchedulerBase | None = None
        ) -> abc.DisposableBase:
            state = _Tries(decide(source), observer, scheduler)
            state.begin(source)
            return state.current

        return Stream(subscribe)

    return tried


class _Tries(abc.ObserverBase["ModelResponseStream"]):
    """One subscription: `current` is the try that is on, or the wait for the next."""

    def __init__(
        self,
        after: Callable[[Exception], Next | None],
        observer: abc.ObserverBase[ModelResponseStream],
        scheduler: abc.SchedulerBase | None,
    ) -> None:
        self.current = SerialDisposable()
        self._after = after
        self._observer = observer
        self._scheduler = scheduler
        self._unsaid: list[ModelResponseStream] = []
        self._has_spoken = False

    def begin(self, stream: Observable[ModelResponseStream]) -> None:
        self._unsaid.clear()
        subscription = SingleAssignmentDisposable()
        self.current.disposable = subscription  # before the stream can fail, which is replaced by then
        subscription.disposable = stream.subscribe(self, scheduler=self._scheduler)

    def on_next(self, value: ModelResponseStream) -> None:
        if not self._has_spoken:
            if not says_something(value):
                self._unsaid.append(value)
                return
            self._speak()
        self._observer.on_next(value)

    def on_error(self, error: Exception) -> None:
        following = None if self._has_spoken else self._after(error)
        if following is None:
            self._observer.on_error(error)
            return

        def go_on(*_: object) -> None:
            self.begin(following.stream)

        clock = self._scheduler or TimeoutScheduler.singleton()
        self.current.disposable = clock.schedule_relative(following.seconds, go_on)

    def on_completed(self) -> None:
        self._speak()
        self._observer.on_completed()

    def _speak(self) -> None:
        self._has_spoken = True
        for chunk in self._unsaid:
            self._observer.on_next(chunk)
        self._unsaid.clear()
