"""What goes wrong with streams, on purpose: operators that cut, break, stall and slow down.

They work on any stream, and an answer of a script may have gone through them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import reactivex
from reactivex import Notification, Observable
from reactivex import operators as ops
from reactivex.notification import OnError

from rillm.streams.errors import BadRequestError, StreamTruncatedError
from rillm.streams.stream import Stream, as_stream

if TYPE_CHECKING:
    from collections.abc import Callable

    from rillm.operators.operator import Operator

T = TypeVar("T")


def cut(after: int | None = None, at: float | None = None) -> Operator[T, T]:
    """Break the connection off, as when a server dies: what comes next is the error of a truncated stream.

        -a-b-c-d-|
        [ cut(after=2) ]
        -a-b-X            X: StreamTruncatedError

    Args:
        after: how many chunks come through. The next one is the error, or the end is, if that is next: so is a stream
            whose end marker is missing.
        at: instead of `after`, seconds from the subscription.

    A stream that is over before is not touched.

    Errors: `StreamTruncatedError`.

    >>> import rillm
    >>> from rillm.testing import answer, cut
    >>> try:
    ...     for chunk in answer("High up, in the snow.").pipe(cut(after=2)):
    ...         print(chunk.choices[0].delta.content)
    ... except rillm.StreamTruncatedError as error:
    ...     print(error)
    High
     up,
    The answer was cut off: the connection broke.
    """
    return failing(lambda: StreamTruncatedError("The answer was cut off: the connection broke."), after, at)


def fail(error: Exception, after: int | None = None, at: float | None = None) -> Operator[T, T]:
    """Let a stream end in `error`, as when a provider reports one in mid-stream.

        -a-b-c-d-|
        [ fail(error, after=2) ]
        -a-b-X

    Args:
        error: raised as it is.
        after, at: as for `cut`.

    >>> import rillm
    >>> from rillm.testing import answer, fail
    >>> broken = answer("High up, in the snow.").pipe(fail(rillm.RateLimitError("Too many rivers."), after=2))
    >>> try:
    ...     print("".join(broken.pipe(rillm.text())))
    ... except rillm.RateLimitError as error:
    ...     print(error)
    Too many rivers.
    """
    return failing(lambda: error, after, at)


def failing(error: Callable[[], Exception], after: int | None, at: float | None) -> Operator[T, T]:
    if (after is None) == (at is None):
        raise BadRequestError("When is it to break? Say after= so many chunks, or at= so many seconds.")

    def broken(source: Observable[T]) -> Stream[T]:
        if at is not None:
            breaking: Observable[Any] = reactivex.timer(at).pipe(ops.flat_map(lambda _: reactivex.throw(error())))
            return as_stream(source.pipe(ops.take_until(breaking)))

        def event_or_error(event: Notification[T], number: int) -> Notification[T]:
            return OnError(error()) if number == after else event

        return with_events(source, lambda events: events.pipe(ops.map_indexed(event_or_error)))

    return broken


def stall(after: int, seconds: float | None = None) -> Operator[T, T]:
    """Fall silent after some chunks, as an overloaded server does; then go on where it stopped.

        -a-b-c-d-|
        [ stall(after=2, seconds=5) ]
        -a-b------c-d-|

    Args:
        after: how many chunks come before.
        seconds: how much later all else comes; None for never.

    >>> import rillm
    >>> from rillm.testing import answer, stall
    >>> try:
    ...     for chunk in answer("High up").pipe(stall(after=1), rillm.timeouts(idle=0.01)):
    ...         print(chunk.choices[0].delta.content)
    ... except rillm.Timeout as error:
    ...     print(error)
    High
    The stream stalled: nothing came for 0.01 s (idle timeout).
    """
    silence: Observable[Any] = reactivex.never() if seconds is None else reactivex.timer(seconds)

    def delayed(event: Notification[T], number: int) -> Observable[Notification[T]]:
        return reactivex.just(event) if number < after else silence.pipe(ops.map(lambda _: event))

    return lambda source: with_events(source, lambda events: events.pipe(ops.flat_map_indexed(delayed)))


def slow(seconds: float) -> Operator[T, T]:
    """Let each chunk take so long, as a slow model does.

        -(a,b,c,|)
        [ slow(2) ]
        ---a-b-(c,|)

    Args:
        seconds: from when a chunk could have come, or from the one before it, until it comes.

    >>> from rillm.testing import answer, play, slow
    >>> play(lambda: answer("High up").pipe(slow(6))).marbles
    '------High--_up---(=stop,|)'
    """

    def delayed(event: Notification[T]) -> Observable[Notification[T]]:
        pause: Observable[Any] = reactivex.timer(seconds) if event.has_value else reactivex.just(None)
        return pause.pipe(ops.map(lambda _: event))

    return lambda source: with_events(source, lambda events: events.pipe(ops.concat_map(delayed)))


def with_events(
    source: Observable[T], change: Callable[[Observable[Notification[T]]], Observable[Notification[T]]]
) -> Stream[T]:
    """Change how a stream goes on: its end and its error are events like its items."""

    # For each subscription anew: Rx's indexed operators count on from one to the next.
    def changed(_: object) -> Observable[T]:
        return source.pipe(ops.materialize(), change, ops.dematerialize())

    return as_stream(reactivex.defer(changed))
