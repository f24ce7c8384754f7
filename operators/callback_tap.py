"""`callback_tap`: call somebody when a call has succeeded, failed or been cancelled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rillm.operators.tap_end import Ending, isolated, tap_end
from rillm.streams.errors import StreamConsumedError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rillm.operators.operator import Operator
    from rillm.streams.chunk import ModelResponseStream


def callback_tap(
    success: Sequence[Callable[[Ending], None]] = (),
    failure: Sequence[Callable[[Ending], None]] = (),
    cancelled: Sequence[Callable[[Ending], None]] = (),
) -> Operator[ModelResponseStream, ModelResponseStream]:
    """Call each function of exactly one list, once, by the time the consumer learns that the stream is over.

        -a-b-c-|                      -a-b-X                        -a-b- (consumer leaves)
        [ callback_tap([f], [g]) ]    [ callback_tap([f], [g]) ]    [ callback_tap([f], [g], [h]) ]
        -a-b-c-|                      -a-b-X                        -a-b-
               f(ending)                   g(ending)                     h(ending)

    An exception in one is reported to loguru; the others are still called, and the stream goes on.

    >>> import rillm
    >>> stream = rillm.stream("mock/echo", mock_response="Hello")
    >>> for chunk in stream.pipe(rillm.callback_tap(success=[lambda ending: print("done")])):
    ...     pass
    done
    """

    def report(ending: Ending) -> None:
        if isinstance(ending.error, StreamConsumedError):
            return  # a second reader is no call
        listeners = cancelled if ending.cancelled else success if ending.error is None else failure
        for listener in listeners:
            isolated(listener, ending)

    return tap_end(report)
