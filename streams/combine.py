"""Rx's ways to make one stream of several, as Streams: they can be iterated, and each is read live."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeVar

import reactivex
from reactivex import operators as ops

from rillm.streams.stream import Stream, as_stream

if TYPE_CHECKING:
    from reactivex import Observable

T = TypeVar("T")

END: Final = object()  # behind the last item of a stream


def of(*items: T) -> Stream[T]:
    """A stream of these items.

    >>> import rillm
    >>> list(rillm.of("a", "b"))
    ['a', 'b']
    """
    return as_stream(reactivex.of(*items))


def merge(*streams: Observable[T]) -> Stream[T]:
    """All items of all streams, as they come.

        -a---b-----|
        ---1---2-3-|
        [ merge ]
        -a-1-b-2-3-|

    >>> import rillm
    >>> list(rillm.merge(rillm.of("a", "b"), rillm.of("c")))
    ['a', 'b', 'c']
    """
    return as_stream(reactivex.merge(*streams))


def race(*streams: Observable[T]) -> Stream[T]:
    """The stream that emits first; the others are closed at that moment.

        ---a-b-|
        -1--2-|
        [ race ]
        -1--2-|

    >>> import rillm
    >>> late = rillm.stream("mock/late", mock_response="Late", mock_delay=5)
    >>> list(rillm.race(late.pipe(rillm.text()), rillm.of("Here")))
    ['Here']
    """
    return as_stream(reactivex.amb(*streams))


def concat(*streams: Observable[T]) -> Stream[T]:
    """One stream after the other; the next one starts when the one before has ended.

        -a-b-|
        1-2-|
        [ concat ]
        -a-b-1-2-|

    >>> import rillm
    >>> list(rillm.concat(rillm.of("a", "b"), rillm.of("c")))
    ['a', 'b', 'c']
    """
    return as_stream(reactivex.concat(*streams))


def zip(*streams: Observable[Any], strict: bool = False) -> Stream[tuple[Any, ...]]:  # noqa: A001 - Rx's name, used as rillm.zip
    """The first items of all streams together as a tuple, then the second ones, and so on.

        -a----b----c-|
        ---1----2--|
        [ zip ]
        ---a1---b2-|

    Args:
        strict: whether it is an error that the streams are not of the same length, as with Python's `zip`.

    Errors: `ValueError` where `strict` says so.

    >>> import rillm
    >>> list(rillm.zip(rillm.of("a", "b", "c"), rillm.of(1, 2)))
    [('a', 1), ('b', 2)]
    """
    if not strict:
        return as_stream(reactivex.zip(*streams))
    ended = (reactivex.concat(stream, reactivex.just(END)) for stream in streams)
    pairs: Stream[tuple[Any, ...]] = as_stream(reactivex.zip(*ended)).pipe(
        ops.map(of_the_same_length), ops.take_while(is_no_end)
    )
    return pairs


def of_the_same_length(items: tuple[Any, ...]) -> tuple[Any, ...]:
    """Items of streams that go on, or the ends of all of them.

    Raises:
        ValueError: some have ended.
    """
    ends = sum(item is END for item in items)
    if 0 < ends < len(items):
        raise ValueError(f"zip(strict=True): {ends} of {len(items)} streams ended before the others.")
    return items


def is_no_end(items: tuple[Any, ...]) -> bool:
    return items[0] is not END


def combine_latest(*streams: Observable[Any]) -> Stream[tuple[Any, ...]]:
    """The latest items of all streams together as a tuple, at each new one, once there is one of each.

        -a-----b-------|
        ----1------2---|
        [ combine_latest ]
        ----a1-b1--b2--|

    >>> import rillm
    >>> list(rillm.combine_latest(rillm.of("a", "b"), rillm.of(1, 2)))
    [('b', 1), ('b', 2)]
    """
    return as_stream(reactivex.combine_latest(*streams))
