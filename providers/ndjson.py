"""Newline-delimited JSON: from blocks of bytes to lines.

https://github.com/ndjson/ndjson-spec
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rillm.streams.frame import DEFAULT_MAX_FRAME_BYTES, Splitter, is_whole

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


_LF = ord("\n")  # a number, because `b"\n" in block` makes and drops an exception before it searches


class NDJSONFramer:
    r"""Cuts blocks at \n or \r\n into lines, without their ends; blank lines are skipped.

    At the end of data a last line without \n is returned if it is whole (see `is_whole`).

    Args:
        max_frame_bytes: the largest line, in bytes; more is a `FrameTooLargeError`.

    """

    def __init__(self, max_frame_bytes: int = DEFAULT_MAX_FRAME_BYTES) -> None:
        self._limit = max_frame_bytes
        self._lines = Splitter(b"\n", max_frame_bytes)
        self._holds_nothing = True

    def feed(self, block: bytes) -> Sequence[bytes]:
        """Return the lines that end in this block."""
        if self._holds_nothing and block.endswith(b"}\n") and len(block) <= self._limit:
            frame = block[:-1]
            if _LF not in frame:
                return (frame,)
        lines = self._lines.feed(block)
        self._holds_nothing = self._lines.holds_nothing
        return _frames(lines)

    def end(self) -> Sequence[bytes]:
        """Return the last line if it only lacks its end."""
        return [frame for frame in _frames([self._lines.end()]) if is_whole(frame)]


def _frames(lines: Iterable[bytes]) -> list[bytes]:
    return [line.removesuffix(b"\r") for line in lines if line.strip()]
