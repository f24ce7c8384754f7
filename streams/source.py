"""What a stream reads from: a `Source` opens a reading, in the caller's thread or on its event loop.

A reading hands items over in blocks, because one socket read often brings many frames. Its contract:

- `blocks` ends (StopIteration, StopAsyncIteration) where the data ends, and raises our errors only.
- `close` may be called at any time, twice, and from another thread; a read that is waiting ends at once.
- `abort` is `aclose` without waiting: the connection is gone when it returns.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

T = TypeVar("T")


@dataclass(slots=True)
class Reading(Generic[T]):
    """An open source, read by blocking."""

    blocks: Iterator[Sequence[T]]
    close: Callable[[], None]


@dataclass(slots=True)
class AsyncReading(Generic[T]):
    """An open source, read on an event loop."""

    blocks: AsyncIterator[Sequence[T]]
    aclose: Callable[[], Awaitable[None]]
    abort: Callable[[], None]


class Source(Protocol[T]):
    """Opens a new reading each time; neither method is called before somebody consumes the stream."""

    def open(self) -> Reading[T]: ...

    async def aopen(self) -> AsyncReading[T]: ...
