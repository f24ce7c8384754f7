"""A response body that somebody has: a recording, or bytes that another client received."""

from __future__ import annotations

from collections.abc import AsyncIterable, Sequence
from typing import TYPE_CHECKING

from rillm.providers.framing import aframes, frames
from rillm.streams.iterables import Anew, AsyncIterableSource, IterableSource

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rillm.providers.formats import Format
    from rillm.streams.source import Source


def recording(format_: Format, blocks: Iterable[bytes] | AsyncIterable[bytes], max_frame_bytes: int) -> Source[bytes]:
    """The frames of a body, given in blocks of any size.

    A sequence of blocks can be read again and again, in both worlds; an iterator once; an async iterable by
    `async for`.
    """

    def source() -> Source[bytes]:
        framer = format_.framer(max_frame_bytes)
        if isinstance(blocks, AsyncIterable):
            return AsyncIterableSource(aframes(blocks, framer))
        return IterableSource(frames(blocks, framer), may_block=not isinstance(blocks, Sequence))

    return Anew(source)
