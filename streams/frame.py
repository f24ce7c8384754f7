"""Frames: the pieces that a stream of bytes is cut into before anyone looks inside them.

A frame is plain `bytes`: the data of one server-sent event, or one line of NDJSON.
"""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING, Final, Protocol, Self

from pydantic_core import from_json

from rillm.streams.errors import FrameTooLargeError

if TYPE_CHECKING:
    from collections.abc import Sequence

DEFAULT_MAX_FRAME_BYTES: Final = 16 * 1024 * 1024


class NamedFrame(bytes):
    """The data of a server-sent event with a name of its own; it is equal to the same data without a name.

    Attributes:
        event: the name, as in `event: content_block_delta`; an event of the default name "message" is plain `bytes`.

    """

    event: str

    def __new__(cls, data: bytes, event: str = "message") -> Self:
        self = bytes.__new__(cls, data)
        self.event = event
        return self


def event_of(frame: bytes) -> str:
    """The name of the event that a frame is the data of, "" where it has none."""
    return frame.event if isinstance(frame, NamedFrame) else ""


class Framer(Protocol):
    """Cuts blocks of bytes, as they come from the network, into frames; where the blocks are cut changes nothing.

    Both methods raise `FrameTooLargeError`, after the frames before the one that is too large have been returned.
    """

    def feed(self, block: bytes, /) -> Sequence[bytes]:
        """Return the frames that are completed by this block."""
        ...

    def end(self) -> Sequence[bytes]:
        """Return what is left at the end of data, if it is whole but for its terminator (see `is_whole`)."""
        ...


class Splitter:
    """Splits blocks of bytes at a delimiter and holds back the last part, which may not be complete yet.

    Linear in time: of what is held back, only as much is searched again as may begin a delimiter.

    Args:
        delimiter: what stands between parts.
        max_frame_bytes: the largest part, in bytes without its delimiter.

    """

    def __init__(self, delimiter: bytes, max_frame_bytes: int) -> None:
        self._delimiter = delimiter
        self._limit = max_frame_bytes
        self._held = bytearray()
        self._too_large = False

    @property
    def holds_nothing(self) -> bool:
        """Whether the next block begins a new part."""
        return not self._held and not self._too_large

    def feed(self, block: bytes) -> list[bytes]:
        """Return the parts that are completed by this block, without their delimiters.

        Raises:
            FrameTooLargeError: a part is too large and none before it is left to return.

        """
        if self._too_large:
            raise too_large(self._limit)
        if self._held:
            searched = max(len(self._held) - len(self._delimiter) + 1, 0)
            self._held += block
            if self._held.find(self._delimiter, searched) < 0:
                return self._within_limit([])
            block = bytes(self._held)
        *parts, rest = block.split(self._delimiter)
        self._held = bytearray(rest)
        return parts if len(block) <= self._limit else self._within_limit(parts)

    def end(self) -> bytes:
        """Return the part that was not completed and forget it.

        Raises:
            FrameTooLargeError: a part before it was too large.

        """
        if self._too_large:
            raise too_large(self._limit)
        rest = bytes(self._held)
        self._held.clear()
        return rest

    def _within_limit(self, parts: list[bytes]) -> list[bytes]:
        fitting = list(takewhile(lambda part: len(part) <= self._limit, parts))
        # All but the last byte of a delimiter may have come: they are not the part's.
        self._too_large = len(fitting) < len(parts) or len(self._held) >= self._limit + len(self._delimiter)
        if self._too_large and not fitting:
            raise too_large(self._limit)
        return fitting


def too_large(limit: int) -> FrameTooLargeError:
    """The error for a frame of more than `limit` bytes."""
    return FrameTooLargeError(
        f"one frame of the stream is larger than {limit} bytes; pass a larger max_frame_bytes to allow it"
    )


def is_whole(frame: bytes) -> bool:
    """Whether a frame without terminator was only robbed of it, not cut: it is `[DONE]` or valid JSON.

    Providers leave out the last line end; a connection that breaks leaves out more.
    """
    if frame == b"[DONE]":
        return True
    try:
        from_json(frame)
    except ValueError:
        return False
    return True
