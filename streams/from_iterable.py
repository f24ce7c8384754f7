"""`from_iterable`: a stream of what somebody else gives one by one."""

from __future__ import annotations

from collections.abc import AsyncIterable, Collection
from typing import TYPE_CHECKING, TypeVar

from rillm.streams.iterables import Anew, AsyncIterableSource, IterableSource, aclose_generator, close_generator
from rillm.streams.stream import Stream, from_source

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Generator, Iterable, Sequence

    from rillm.streams.source import Source

T = TypeVar("T")


def from_iterable(items: Iterable[T] | AsyncIterable[T]) -> Stream[T]:
    """A stream of the items of an iterable or an async iterable, such as the stream of another library.

    An item is asked for when the consumer wants one. Leaving the stream closes the generator that it reads. On an event
    loop an iterator, which may block, is read on a thread; a list and other collections are not.

    Args:
        items: a collection can be read again and again, an iterator once. A stream of an async iterable serves
            `async for` alone.

    >>> import itertools, rillm
    >>> from reactivex import operators as ops
    >>> list(rillm.from_iterable(itertools.count()).pipe(ops.take(3)))
    [0, 1, 2]
    """

    def source() -> Source[T]:
        if isinstance(items, AsyncIterable):
            return AsyncIterableSource(ablocks(items))
        return IterableSource(blocks(items), may_block=not isinstance(items, Collection))

    return from_source(Anew(source))


def blocks(items: Iterable[T]) -> Generator[Sequence[T]]:
    iterator = iter(items)
    try:
        for item in iterator:
            yield (item,)
    finally:
        close_generator(iterator)


async def ablocks(items: AsyncIterable[T]) -> AsyncGenerator[Sequence[T]]:
    iterator = aiter(items)
    try:
        async for item in iterator:
            yield (item,)
    finally:
        await aclose_generator(iterator)
