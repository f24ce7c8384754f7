"""`side_by_side`: many models live, each with its name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

import reactivex
from reactivex import operators as ops

from rillm.streams.stream import Stream, as_stream

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reactivex import Observable

K = TypeVar("K")
T = TypeVar("T")


class Side(NamedTuple, Generic[K, T]):
    """An item of one of the streams, or the error that ended it.

    Attributes:
        key: of the stream.
        item: None with an error.
        error: None with an item.
    """

    key: K
    item: T | None = None
    error: Exception | None = None


def side_by_side(streams: Mapping[K, Observable[T]]) -> Stream[Side[K, T]]:
    """All items of all streams as they come, with the key of their stream. One that fails leaves the others alone.

        -Hi--------you--|     a
        -----Ho-X             b
        [ side_by_side({"a": a, "b": b}) ]
        -a:Hib:Ho--a:you-|

    The error of a stream is an item, `Side(key, error=…)`, and the last of that stream. It ends well when all have
    ended; leaving it closes all of them.

    >>> import rillm
    >>> arena = {name: rillm.stream(f"mock/{name}", mock_response=f"I am {name}.") for name in ("one", "two")}
    >>> said = dict.fromkeys(arena, "")
    >>> for side in rillm.side_by_side(arena):
    ...     said[side.key] += side.item.choices[0].delta.content or ""
    >>> said
    {'one': 'I am one.', 'two': 'I am two.'}
    """

    def side(key: K, stream: Observable[T]) -> Observable[Side[K, T]]:
        def item(value: T) -> Side[K, T]:
            return Side(key, value)

        def failed(error: Exception, _: object) -> Observable[Side[K, T]]:
            return reactivex.of(Side[K, T](key, error=error))

        return stream.pipe(ops.map(item), ops.catch(failed))

    return as_stream(reactivex.merge(*(side(key, stream) for key, stream in streams.items())))
