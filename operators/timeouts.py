"""`timeouts`: how long the first token, a pause and the whole answer may take."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from reactivex.disposable import CompositeDisposable, SerialDisposable
from reactivex.scheduler import TimeoutScheduler

from rillm.streams.errors import Timeout
from rillm.streams.stream import Stream
from rillm.streams.tidy import has_something

if TYPE_CHECKING:
    from collections.abc import Callable

    from reactivex import Observable, abc

    from rillm.operators.operator import Operator
    from rillm.streams.chunk import ModelResponseStream


def timeouts(
    first_token: float | None = None, idle: float | None = None, total: float | None = None
) -> Operator[ModelResponseStream, ModelResponseStream]:
    """Fail with a `Timeout` where a stream is too slow, and let go of its connection at once.

        -a-------b-|
        [ timeouts(idle=0.5) ]
        -a-----X            X: Timeout

    Args:
        first_token: seconds from the subscription until the model says something: text, reasoning or a tool call. A
            role alone is nothing said, and a ping that keeps the connection open is no chunk.
        idle: seconds between two chunks, and before the first one.
        total: seconds from the subscription until the end.

    Each is None for no limit. Errors: `Timeout`, which is retryable.

    >>> import rillm
    >>> slow = rillm.stream("mock/slow", mock_response="a b", mock_chunk_delay=5.0)
    >>> try:
    ...     for chunk in slow.pipe(timeouts(idle=0.01)):
    ...         print(chunk.choices[0].delta.content)
    ... except rillm.Timeout as error:
    ...     print(error.message)
    a
    The stream stalled: nothing came for 0.01 s (idle timeout).
    """

    def limited(source: Observable[ModelResponseStream]) -> Stream[ModelResponseStream]:
        def subscribe(
            observer: abc.ObserverBase[ModelResponseStream], scheduler: abc.SchedulerBase | None = None
        ) -> abc.DisposableBase:
            clock = scheduler or TimeoutScheduler.singleton()
            emit = observer.on_next
            timers = CompositeDisposable()
            waiting_for_token = SerialDisposable()
            last = clock.now

            def fail(message: str) -> None:
                timers.dispose()
                observer.on_error(Timeout(message))

            def once(seconds: float | None, message: str) -> abc.DisposableBase:
                if seconds is None:
                    return CompositeDisposable()

                def due(*_: object) -> None:
                    fail(message)

                return clock.schedule_relative(seconds, due)

            def watch(seconds: float, idle: float) -> None:
                def look(*_: object) -> None:
                    left = idle - (clock.now - last).total_seconds()
                    if left > 0:
                        watch(left, idle)
                    else:
                        fail(f"The stream stalled: nothing came for {idle:g} s (idle timeout).")

                pause.disposable = clock.schedule_relative(timedelta(seconds=seconds), look)

            def on_next(chunk: ModelResponseStream) -> None:
                nonlocal last
                if idle is not None:
                    last = clock.now
                if not waiting_for_token.is_disposed and any(has_something(choice) for choice in chunk.choices):
                    waiting_for_token.dispose()
                emit(chunk)

            waiting_for_token.disposable = once(
                first_token, f"The model said nothing for {first_token} s (first-token timeout)."
            )
            pause = SerialDisposable()
            timers.add(waiting_for_token)
            timers.add(pause)
            timers.add(once(total, f"The answer was not complete after {total} s (total timeout)."))
            if idle is not None:
                watch(idle, idle)
            ended = ending(timers, observer)
            return CompositeDisposable(timers, source.subscribe(on_next, *ended, scheduler=scheduler))

        return Stream(subscribe)

    return limited


def ending(
    timers: abc.DisposableBase, observer: abc.ObserverBase[ModelResponseStream]
) -> tuple[Callable[[Exception], None], Callable[[], None]]:
    """Stop the timers however the stream ends."""

    def on_error(error: Exception) -> None:
        timers.dispose()
        observer.on_error(error)

    def on_completed() -> None:
        timers.dispose()
        observer.on_completed()

    return on_error, on_completed
