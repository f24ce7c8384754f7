"""`accumulate`: from the chunks of a stream to its one response."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rillm.streams.accumulator import Accumulator
from rillm.streams.stream import Stream

if TYPE_CHECKING:
    from reactivex import Observable, abc

    from rillm.operators.operator import Operator
    from rillm.streams.chunk import ModelResponseStream
    from rillm.streams.response import ModelResponse


def accumulate() -> Operator[ModelResponseStream, ModelResponse]:
    """Emit the whole response when the stream has ended well.

        -Hel--lo--(stop|)
        [ accumulate() ]
        ----------(Hello|)

    An error passes; its `.partial` is the response so far. A stream without chunks gives nothing.

    >>> import rillm
    >>> response = next(rillm.stream("mock/echo", mock_response="Hello").pipe(rillm.accumulate()))
    >>> response.choices[0].message.content
    'Hello'
    """

    def accumulated(source: Observable[ModelResponseStream]) -> Stream[ModelResponse]:
        def subscribe(
            observer: abc.ObserverBase[ModelResponse], scheduler: abc.SchedulerBase | None = None
        ) -> abc.DisposableBase:
            accumulator = Accumulator()

            def on_completed() -> None:
                if accumulator.started_at:
                    observer.on_next(accumulator.response())
                observer.on_completed()

            return source.subscribe(accumulator.add, observer.on_error, on_completed, scheduler=scheduler)

        return Stream(subscribe)

    return accumulated
