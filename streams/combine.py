"""Rx's ways to make one stream of several, as Streams: they can be iterated, and each is read live."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import reactivex

from rillm.streams.stream import Stream, as_stream

if TYPE_CHECKING:
    from reactivex import Observable

T = TypeVar("T")


def of(*items: T) -> Stream[T]:
    """A stream of these items."""
    return as_stream(reactivex.of(*items))


def merge(*streams: Observable[T]) -> Stream[T]:
    """All items of all streams, as they come.

    -a---b-|
    --1-2----3-|
    [ merge ]
    -a12-b---3-|
    """
    return as_stream(reactivex.merge(*streams))


def race(*streams: Observable[T]) -> Stream[T]:
    """The stream that emits first; the others are closed at that moment.

    ---a-b-|
    -1--2-|
    [ race ]
    -1--2-|
    """
    return as_stream(reactivex.amb(*streams))


def concat(*streams: Observable[T]) -> Stream[T]:
    """One stream after the other; the next one starts when the one before has ended.

    -a-b-|
    1-2-|
    [ concat ]
    -a-b-1-2-|
    """
    return as_stream(reactivex.concat(*streams))


def zip(*streams: Observable[Any]) -> Stream[tuple[Any, ...]]:  # noqa: A001 - Rx's name, used as rillm.zip
    """The first items of all streams, the second ones, and so on.

    -a---b---c-|
    --1-2--|
    [ zip ]
    --a1-b2|
    """
    return as_stream(reactivex.zip(*streams))


def combine_latest(*streams: Observable[Any]) -> Stream[tuple[Any, ...]]:
    """The latest items of all streams, at each new one.

    -a---b---|
    --1-2----|
    [ combine_latest ]
    --a1-a2-b2|
    """
    return as_stream(reactivex.combine_latest(*streams))
