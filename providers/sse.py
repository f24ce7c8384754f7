"""Server-sent events: from blocks of bytes to the data of events.

https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
"""

from __future__ import annotations

from codecs import BOM_UTF8
from typing import TYPE_CHECKING

from rillm.streams.frame import DEFAULT_MAX_FRAME_BYTES, NamedFrame, Splitter, is_whole

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


# As numbers, because `b"\r" in block` makes and drops an exception before it searches.
_CR, _LF, _SPACE = b"\r\n "


class SSEFramer:
    """Cuts an event stream into the data of its events; an event with a name gives a `NamedFrame`.

    As the standard says, except for the end of data: there it drops what has no blank line after it, but providers
    leave the last one out, so an event whose data is whole (see `is_whole`) is returned.

    Bytes are not decoded: a NUL or invalid UTF-8 in data passes, and U+2028 or U+0085 do not end a line.

    Args:
        max_frame_bytes: the largest event with all its lines, in bytes; more is a `FrameTooLargeError`.

    """

    def __init__(self, max_frame_bytes: int = DEFAULT_MAX_FRAME_BYTES) -> None:
        self._limit = max_frame_bytes
        self._line_ends = _LineEnds()
        self._events = Splitter(b"\n\n", max_frame_bytes)
        self._holds_nothing = False  # a byte order mark may come

    def feed(self, block: bytes) -> Sequence[bytes]:
        """Return the data of the events that end in this block."""
        if self._holds_nothing and block.endswith((b"\n\n", b"\r\n\r\n")) and len(block) <= self._limit:
            frame = block[6:].rstrip(b"\r\n")
            if _LF not in frame and _CR not in frame and block.startswith(b"data:"):
                return (frame if block[5] == _SPACE else block[5:].rstrip(b"\r\n"),)
            if frame.count(b"\n") == 1 and _CR not in frame and block.startswith(b"event: "):
                return _frames((block[:-2],))
        events = self._events.feed(self._line_ends.to_lf(block))
        self._holds_nothing = self._line_ends.holds_nothing and self._events.holds_nothing
        return _frames(events)

    def end(self) -> Sequence[bytes]:
        """Return the data of an event that only lacks its blank line."""
        return [frame for frame in _frames([self._events.end()]) if is_whole(frame)]


class _LineEnds:
    """Makes every line end an LF, and drops the byte order mark before the first line."""

    def __init__(self) -> None:
        self._start: bytes | None = b""
        self._after_cr = False

    @property
    def holds_nothing(self) -> bool:
        return self._start is None and not self._after_cr

    def to_lf(self, block: bytes) -> bytes:
        if self._start is not None:
            block = self._without_bom(self._start + block)
        if not block:
            return block
        if self._after_cr:
            block = block.removeprefix(b"\n")
        # A CR ends its line at once: to wait for its LF would hold a finished event back.
        self._after_cr = block.endswith(b"\r")
        if _CR not in block:
            return block
        return block.replace(b"\r\n", b"\n").replace(b"\r", b"\n")

    def _without_bom(self, start: bytes) -> bytes:
        if BOM_UTF8.startswith(start):
            self._start = start
            return b""
        self._start = None
        return start.removeprefix(BOM_UTF8)


def _frames(events: Iterable[bytes]) -> list[bytes]:
    # An event of one data line is the usual one: the condition spares it a call.
    return [
        frame
        for event in events
        if (frame := event[6:] if event[:6] == b"data: " and _LF not in event else _frame(event)) is not None
    ]


def _frame(event: bytes) -> bytes | None:
    """Return the data of an event, given as its lines, or None if it has no data and so is not dispatched."""
    first, _, rest = event.partition(b"\n")
    if first[:7] == b"event: " and rest[:6] == b"data: " and _LF not in rest:
        return _named(rest[6:], first[7:])  # as nearly all that have a name
    data: list[bytes] = []
    name = b""
    for line in event.split(b"\n"):
        field, _, value = line.partition(b":")
        if field == b"data":
            data.append(value.removeprefix(b" "))
        elif field == b"event":
            name = value.removeprefix(b" ")
    return _named(b"\n".join(data), name) if data else _unframed_error(event)


def _named(data: bytes, name: bytes) -> bytes:
    return data if name in {b"", b"message"} else NamedFrame(data, name.decode(errors="replace"))


def _unframed_error(event: bytes) -> bytes | None:
    """An error that stands between events as bare JSON, as Google's servers put it there."""
    if event.startswith(b"{") and b'"error"' in event and is_whole(event):
        return NamedFrame(event, "error")
    return None
