"""From blocks of bytes to frames, for whatever a server sends under the name of a stream."""

from __future__ import annotations

from codecs import BOM_UTF8
from typing import TYPE_CHECKING

from rillm.streams.errors import FrameTooLargeError
from rillm.streams.frame import DEFAULT_MAX_FRAME_BYTES, NamedFrame

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterable, Callable, Generator, Iterable, Sequence

    from rillm.streams.frame import Framer

WHOLE_BODY = "response"  # the event name under which a body that is no stream is handed over
DOCUMENT_STARTS = b"{[<"  # no event stream begins so: JSON or HTML
LINE_STARTS = (b"data:", b"event:", b"id:", b"retry:", b":", BOM_UTF8)
HEAD_BYTES = 1000  # enough of an answer in plain text to tell what it says


class BodyFramer:
    """Frames a body by `framer`, or hands it over whole if it is no event stream.

    Its first character shows that it is JSON or HTML, an end without any frame that it is plain text. `feed` is
    replaced by the first frame, so that it costs nothing afterwards.

    Args:
        framer: of the event stream.
        max_frame_bytes: the largest body that is no stream, in bytes.
        document: makes the framer of such a body; the usual one hands it over whole.
        starts: the characters of which one begins such a body.

    """

    def __init__(
        self,
        framer: Framer,
        max_frame_bytes: int = DEFAULT_MAX_FRAME_BYTES,
        document: Callable[[int], Framer] | None = None,
        starts: bytes = DOCUMENT_STARTS,
    ) -> None:
        self._framer: Framer = framer
        self._limit = max_frame_bytes
        self._document = document or DocumentFramer
        self._starts = starts
        self._head = b""
        self.feed: Callable[[bytes], Sequence[bytes]] = self._sniff

    def end(self) -> Sequence[bytes]:
        """What is left at the end of data."""
        left = self._framer.end()
        if left or not self._head or is_event_stream(self._head):
            return left
        return [NamedFrame(self._head, WHOLE_BODY)]

    def _sniff(self, block: bytes) -> Sequence[bytes]:
        self._head = (self._head + block).lstrip()[:HEAD_BYTES]
        if self._head and self._head[0] in self._starts:
            self._framer = self._document(self._limit)
            self._head = b""
            self.feed = self._framer.feed
            return self.feed(block)
        frames = self._framer.feed(block)
        if frames:
            self._head = b""
            self.feed = self._framer.feed
        return frames


def is_event_stream(head: bytes) -> bool:
    """Whether a body that begins with `head`, perhaps cut, is an event stream."""
    return any(head.startswith(start) or start.startswith(head) for start in LINE_STARTS)


class DocumentFramer:
    """The whole body as one frame, at its end."""

    def __init__(self, max_frame_bytes: int) -> None:
        self._limit = max_frame_bytes
        self._body = bytearray()

    def feed(self, block: bytes) -> Sequence[bytes]:
        self._body += block
        if len(self._body) > self._limit:
            raise FrameTooLargeError(
                f"The server did not answer with a stream, but with a body of more than {self._limit} bytes."
            )
        return ()

    def end(self) -> Sequence[bytes]:
        return [NamedFrame(bytes(self._body), WHOLE_BODY)]


def frames(blocks: Iterable[bytes], framer: Framer) -> Generator[Sequence[bytes]]:
    """The frames that each block completes, and at the end what is left."""
    for block in blocks:
        yield framer.feed(block)
    yield framer.end()


async def aframes(blocks: AsyncIterable[bytes], framer: Framer) -> AsyncGenerator[Sequence[bytes]]:
    """As `frames`, from an async iterable."""
    async for block in blocks:
        yield framer.feed(block)
    yield framer.end()
