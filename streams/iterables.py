"""Sources over what a caller already has: an iterable or an async iterable of blocks."""

from __future__ import annotations

from types import AsyncGeneratorType, GeneratorType
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from rillm.streams.source import AsyncReading, Reading
from rillm.streams.threaded import aopen_on_thread

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Callable, Iterable, Iterator, Sequence

    from rillm.streams.source import Source

T = TypeVar("T")


class IterableSource(Generic[T]):
    """Blocks from an iterable. On an event loop one that may block is read on a thread."""

    def __init__(self, blocks: Iterable[Sequence[T]], *, may_block: bool = True) -> None:
        self._blocks = blocks
        self._may_block = may_block

    def open(self) -> Reading[T]:
        blocks = iter(self._blocks)
        return Reading(blocks, lambda: close_generator(blocks))

    async def aopen(self) -> AsyncReading[T]:
        if self._may_block:
            return await aopen_on_thread(self.open)
        return AsyncReading(_without_waiting(self._blocks), _nothing, lambda: None)


class AsyncIterableSource(Generic[T]):
    """Blocks from an async iterable; only `async for` can read them."""

    def __init__(self, blocks: AsyncIterable[Sequence[T]]) -> None:
        self._blocks = blocks

    def open(self) -> Reading[T]:
        raise TypeError("this stream comes from an async iterable: iterate it by `async for`")

    async def aopen(self) -> AsyncReading[T]:
        blocks = aiter(self._blocks)

        async def aclose() -> None:
            await aclose_generator(blocks)

        return AsyncReading(blocks, aclose, lambda: None)


class Anew(Generic[T]):
    """A source that is made for each reading, which uses it up."""

    def __init__(self, make: Callable[[], Source[T]]) -> None:
        self._make = make

    def open(self) -> Reading[T]:
        return self._make().open()

    async def aopen(self) -> AsyncReading[T]:
        return await self._make().aopen()


async def _without_waiting(blocks: Iterable[Sequence[T]]) -> AsyncGenerator[Sequence[T]]:
    for block in blocks:
        yield block


async def _nothing() -> None: ...


def close_generator(blocks: Iterator[Any]) -> None:
    if isinstance(blocks, GeneratorType) and not blocks.gi_running:
        blocks.close()


async def aclose_generator(blocks: AsyncIterator[Any]) -> None:
    if isinstance(blocks, AsyncGeneratorType) and not blocks.ag_running:
        await blocks.aclose()
