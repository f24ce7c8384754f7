"""`timeouts`: how long the first token, a pause and the whole answer may take."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from reactivex import abc
from reactivex.disposable import CompositeDisposable, SerialDisposable
from reactivex.scheduler import TimeoutScheduler

from rillm.streams.errors import Timeout
from rillm.streams.stream import Stream
from rillm.streams.tidy import says_something

if TYPE_CHECKING:
    from reactivex import Observable

    from rillm.operators.operator import Operator
    from rillm.streams.chunk import ModelResponseStream

# A timer this late, in seconds, was held up by the consumer; then what has come meanwhile gets that long to be seen.
GRACE: Final = 0.05


def timeouts(
    first_token: float | None = None, idle: float | None = None, total: float | None = None
) -> Operator[ModelResponseStream, ModelResponseStream]:
    """Fail with a `Timeout` where a stream is too slow, and let go of its connection at once.

        -a-----------b-|
        [ timeouts(idle=5) ]
        -a----X            X: Timeout

    Args:
        first_token: seconds from the subscription until the model says something: text, reasoning or a tool call. A
            role alone is nothing said, and a ping that keeps the connection open is no chunk.
        idle: seconds without a chunk while one is waited for; what the consumer does with the last one does not count.
        total: seconds from the subscription until the end.

    Each is None for no limit.

    Errors: `Timeout`, which is `retryable`.

    >>> import rillm
    >>> slow = rillm.stream("mock/slow", mock_response="a b", mock_chunk_delay=5.0)
    >>> try:
    ...     for chunk in slow.pipe(rillm.timeouts(idle=0.3)):
    ...         print(chunk.choices[0].delta.content)
    ... except rillm.Timeout as error:
    ...     print(error.message)
    a
    The stream stalled: nothing came for 0.3 s (idle timeout).
    """

    def limited(source: Observable[ModelResponseStream]) -> Stream[ModelResponseStream]:
        def subscribe(
            observer: abc.ObserverBase[ModelResponseStream], scheduler: abc.SchedulerBase | None = None
        ) -> abc.DisposableBase:
            watch = _Watch(observer, scheduler or TimeoutScheduler.singleton(), idle)
            watch.begin(first_token, total)
            return CompositeDisposable(
                watch.timers,
                source.subscribe(watch.on_next, watch.on_error, watch.on_completed, scheduler=scheduler),
            )

        return Stream(subscribe)

    return limited


class _Watch(abc.ObserverBase["ModelResponseStream"]):
    """The timers of one subscription. They are stopped however it ends."""

    def __init__(
        self, observer: abc.ObserverBase[ModelResponseStream], clock: abc.SchedulerBase, idle: float | None
    ) -> None:
        self._observer = observer
        self._clock = clock
        self._idle = idle
        self._last = clock.now
        self._said_nothing = SerialDisposable()
        self._pause = SerialDisposable()
        self.timers = CompositeDisposable(self._said_nothing, self._pause)

    def begin(self, first_token: float | None, total: float | None) -> None:
        if first_token is not None:
            message = f"The model said nothing for {first_token} s (first-token timeout)."
            self._said_nothing.disposable = self._fail_after(first_token, message)
        if total is not None:
            self.timers.add(self._fail_after(total, f"The answer was not complete after {total} s (total timeout)."))
        if self._idle is not None:
            self._look_after(self._idle)

    def on_next(self, value: ModelResponseStream) -> None:
        if self._idle is not None:
            self._last = self._clock.now
        if not self._said_nothing.is_disposed and says_something(value):
            self._said_nothing.dispose()
        self._observer.on_next(value)

    def on_error(self, error: Exception) -> None:
        self.timers.dispose()
        self._observer.on_error(error)

    def on_completed(self) -> None:
        self.timers.dispose()
        self._observer.on_completed()

    def _fail_after(self, seconds: float, message: str) -> abc.DisposableBase:
        def fail(*_: object) -> None:
            self.on_error(Timeout(message))

        return self._clock.schedule_relative(seconds, fail)

    def _look_after(self, seconds: float) -> None:
        due = self._clock.now + timedelta(seconds=seconds)

        def look(*_: object) -> None:
            idle, now = self._idle or 0.0, self._clock.now
            left = idle - (now - self._last).total_seconds()
            if left > 0:
                self._look_after(left)
            elif (now - due).total_seconds() > GRACE:
                self._look_after(GRACE)
            else:
                self.on_error(Timeout(f"The stream stalled: nothing came for {idle:g} s (idle timeout)."))

        self._pause.disposable = self._clock.schedule_relative(timedelta(seconds=seconds), look)
