"""A response body that somebody has: a recording, or bytes that another client received."""

from __future__ import annotations

from collections.abc import AsyncIterable, Iterable, Sequence
from typing import TYPE_CHECKING

from rillm.providers.framing import aframes, frames
from rillm.streams.iterables import AsyncIterableSource, IterableSource

if TYPE_CHECKING:
    from rillm.providers.formats import Format
    from rillm.streams.source import AsyncReading, Reading, Source


class RecordingSource:
    """The frames of a body, given in blocks of any size.

    A sequence of blocks can be read again and again, in both worlds; an iterator once; an async iterable by
    `async for`.
    """

    def __init__(self, format_: Format, blocks: Iterable[bytes] | AsyncIterable[bytes], max_frame_bytes: int) -> None:
        self._format = format_
        self._blocks = blocks
        self._max_frame_bytes = max_frame_bytes

    def open(self) -> Reading[bytes]:
        return self._source().open()

    async def aopen(self) -> AsyncReading[bytes]:
        return await self._source().aopen()

    def _source(self) -> Source[bytes]:
        framer = self._format.framer(self._max_frame_bytes)
        if isinstance(self._blocks, AsyncIterable):
            return AsyncIterableSource(aframes(self._blocks, framer))
        return IterableSource(frames(self._blocks, framer), may_block=not isinstance(self._blocks, Sequence))
