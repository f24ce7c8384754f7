"""`application/vnd.amazon.eventstream`: from blocks of bytes to messages.

https://smithy.io/2.0/aws/amazon-eventstream.html. All numbers are big-endian:

    u32 length of the message | u32 length of its headers | u32 CRC of these two | headers | payload | u32 CRC of all

    a header:  u8 length of its name | name | u8 type of its value | value
"""

from __future__ import annotations

import struct
from functools import partial
from typing import TYPE_CHECKING, Final, NoReturn
from zlib import crc32

from pydantic_core import to_json

from rillm.streams.errors import FrameTooLargeError, StreamDecodeError, StreamTruncatedError
from rillm.streams.frame import DEFAULT_MAX_FRAME_BYTES, NamedFrame

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

PRELUDE: Final = struct.Struct(">III")
CRC: Final = struct.Struct(">I")
LEAST: Final = PRELUDE.size + CRC.size
# Bytes that a value takes, by its type: booleans, integers, a time, a UUID. Those of byte strings and text vary.
SIZES: Final = {0: 0, 1: 0, 2: 1, 3: 2, 4: 4, 5: 8, 8: 8, 9: 16}
BYTES, TEXT = 6, 7


class ExceptionFrame(NamedFrame):
    """What went wrong, as JSON; `event` is the name of the exception, as in "throttlingException"."""


class AmazonEventStreamFramer:
    """Cuts a body into the payloads of its messages, as `NamedFrame` by event type or as `ExceptionFrame`.

    A message that does not have its checksums is a `StreamDecodeError`, one that is not whole at the end of data a
    `StreamTruncatedError`.

    Args:
        max_frame_bytes: the largest message with all its parts, in bytes; more is a `FrameTooLargeError`.

    """

    def __init__(self, max_frame_bytes: int = DEFAULT_MAX_FRAME_BYTES) -> None:
        self._limit = max_frame_bytes
        self._held = bytearray()
        self._wanted = PRELUDE.size  # so many bytes have to be there before there is anything to do
        self._failure: StreamDecodeError | None = None
        self._headers = b""
        self._frame: Callable[[bytes], NamedFrame] = frame_maker(b"")

    def feed(self, block: bytes) -> Sequence[bytes]:
        """Return the payloads of the messages that end in this block."""
        if self._failure is not None:
            raise self._failure
        if self._held:
            self._held += block
            if len(self._held) < self._wanted:
                return ()
            block = bytes(self._held)
        frames: list[bytes] = []
        try:
            rest = self._cut(block, frames)
        except StreamDecodeError as failure:
            self._failure = failure
            if not frames:
                raise
        else:
            self._held = bytearray(rest)
        return frames

    def end(self) -> Sequence[bytes]:
        """Return nothing: a message tells its own length.

        Raises:
            StreamTruncatedError: the last message has not ended.

        """
        if self._failure is not None:
            raise self._failure
        if self._held:
            raise StreamTruncatedError("The answer was cut off: the data ended within a message.")
        return ()

    def _cut(self, data: bytes, frames: list[bytes]) -> bytes:
        """Append the payloads of the messages in `data` to `frames`; what is left of `data`."""
        start, size = 0, len(data)
        while size >= start + PRELUDE.size:
            length, headers_length, crc = PRELUDE.unpack_from(data, start)
            if crc32(data[start : start + 8]) != crc or not LEAST + headers_length <= length <= self._limit:
                self._reject(data[start : start + PRELUDE.size], length)
            if size < start + length:
                self._wanted = length
                return data[start:]
            payload, end = start + PRELUDE.size + headers_length, start + length - CRC.size
            if crc32(data[start:end]) != CRC.unpack_from(data, end)[0]:
                raise StreamDecodeError("A message of the stream is damaged: it does not have its checksum.")
            headers = data[start + PRELUDE.size : payload]
            if headers != self._headers:  # most messages have those of the one before
                self._headers, self._frame = headers, frame_maker(headers)
            frames.append(self._frame(data[payload:end]))
            start += length
        self._wanted = PRELUDE.size
        return data[start:]

    def _reject(self, prelude: bytes, length: int) -> NoReturn:
        if length > self._limit and crc32(prelude[:8]) == CRC.unpack_from(prelude, 8)[0]:
            raise FrameTooLargeError(
                f"one message of the stream is larger than {self._limit} bytes; a larger max_frame_bytes allows it"
            )
        raise StreamDecodeError(f"The data is damaged, or no Amazon event stream: a message begins with {prelude!r}.")


def frame_maker(headers: bytes) -> Callable[[bytes], NamedFrame]:
    """What makes a frame of the payload that comes after `headers`."""
    texts = texts_of(headers)
    match texts.get(":message-type"):
        case "exception":
            return partial(ExceptionFrame, event=texts.get(":exception-type", ""))
        case "error":
            told = to_json({"message": texts.get(":error-message", "")})
            return lambda _payload: ExceptionFrame(told, texts.get(":error-code", ""))
        case _:
            return partial(NamedFrame, event=texts.get(":event-type", ""))


def texts_of(headers: bytes) -> dict[str, str]:
    """The headers that are text.

    Raises:
        StreamDecodeError: they are not what the format allows.
    """
    texts: dict[str, str] = {}
    at = 0
    try:
        while at < len(headers):
            value = at + 2 + headers[at]
            kind = headers[value - 1]
            if kind in {BYTES, TEXT}:
                (size,) = struct.unpack_from(">H", headers, value)
                value += 2
            else:
                size = SIZES[kind]
            if value + size > len(headers):
                raise StreamDecodeError("A header of a message ends after the headers do.")
            if kind == TEXT:
                texts[headers[at + 1 : value - 3].decode()] = headers[value : value + size].decode()
            at = value + size
    except (struct.error, IndexError, KeyError, UnicodeDecodeError) as error:
        raise StreamDecodeError(f"The headers of a message are malformed: {headers[:100]!r}") from error
    return texts
