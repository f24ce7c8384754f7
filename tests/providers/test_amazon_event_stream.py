from __future__ import annotations

from struct import pack
from typing import TYPE_CHECKING, Any
from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rillm.providers.amazon_event_stream import AmazonEventStreamFramer, ExceptionFrame
from rillm.streams.errors import FrameTooLargeError, StreamDecodeError, StreamTruncatedError
from tests.kit.amazon import error, event, exception, message
from tests.wire.outcome import cut

if TYPE_CHECKING:
    from collections.abc import Iterable

botocore: Any = pytest.importorskip("botocore.eventstream")

NAMES = st.text(st.characters(codec="utf-8"), min_size=1, max_size=20).filter(lambda name: len(name.encode()) < 256)
TEXTS = st.text(max_size=50).map(lambda text: pack(">BH", 7, len(text.encode())) + text.encode())
OTHERS = st.one_of(
    st.sampled_from([b"\x00", b"\x01"]),
    *(st.binary(min_size=size, max_size=size).map(bytes([kind]).__add__) for kind, size in [(2, 1), (3, 2), (4, 4)]),
    *(st.binary(min_size=size, max_size=size).map(bytes([kind]).__add__) for kind, size in [(5, 8), (8, 8), (9, 16)]),
    st.binary(max_size=50).map(lambda value: pack(">BH", 6, len(value)) + value),
)
HEADERS = st.dictionaries(st.sampled_from([":event-type", "x"]) | NAMES, TEXTS | OTHERS, max_size=5)
MESSAGES = st.lists(st.tuples(HEADERS, st.binary(max_size=100)), max_size=6)
LENGTHS = st.lists(st.integers(1, 60), max_size=30)


def assembled(headers: bytes, payload: bytes) -> bytes:
    prelude = pack(">II", 16 + len(headers) + len(payload), len(headers))
    body = prelude + pack(">I", crc32(prelude)) + headers + payload
    return body + pack(">I", crc32(body))


def encoded(headers: dict[str, bytes], payload: bytes) -> bytes:
    names = {name: name.encode() for name in headers}
    return assembled(b"".join(pack(">B", len(names[name])) + names[name] + headers[name] for name in headers), payload)


def framed(blocks: Iterable[bytes], limit: int = 10_000) -> list[bytes]:
    framer = AmazonEventStreamFramer(limit)
    return [frame for block in blocks for frame in framer.feed(block)] + list(framer.end())


@given(MESSAGES, LENGTHS)
def test_as_botocore_has_it(messages: list[tuple[dict[str, bytes], bytes]], lengths: list[int]) -> None:
    body = b"".join(encoded(headers, payload) for headers, payload in messages)
    buffer = botocore.EventStreamBuffer()
    buffer.add_data(body)
    theirs = [(found.payload, found.headers.get(":event-type", "")) for found in buffer]
    ours = [(bytes(frame), getattr(frame, "event", None)) for frame in framed(cut(body, lengths))]
    assert ours == [(payload, event_type if isinstance(event_type, str) else "") for payload, event_type in theirs]


@given(MESSAGES.filter(bool), st.data())
def test_damage_shows(messages: list[tuple[dict[str, bytes], bytes]], data: st.DataObject) -> None:
    body = bytearray(b"".join(encoded(headers, payload) for headers, payload in messages))
    body[data.draw(st.integers(0, len(body) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(StreamDecodeError):
        framed([bytes(body)])


HI = event("a", {"text": "Hi"})
LARGE = event("b", {"text": "a" * 1000})


@pytest.mark.parametrize(
    ("body", "kind", "name", "payload"),
    [
        (message({":event-type": "a", ":message-type": "event"}, b"{}"), "NamedFrame", "a", b"{}"),
        (message({":message-type": "event", ":event-type": "a"}, b""), "NamedFrame", "a", b""),
        (message({":event-type": "a"}, b"{}"), "NamedFrame", "a", b"{}"),
        (message({":message-type": "news", ":event-type": "a"}, b"{}"), "NamedFrame", "a", b"{}"),
        (message({}, b"{}"), "NamedFrame", "", b"{}"),
        (exception("slowDown", "No."), "ExceptionFrame", "slowDown", b'{"message": "No."}'),
        (message({":message-type": "exception"}, b""), "ExceptionFrame", "", b""),
        (error("Oops", "No."), "ExceptionFrame", "Oops", b'{"message":"No."}'),
        (message({":message-type": "error"}, b"x"), "ExceptionFrame", "", b'{"message":""}'),
    ],
)
def test_kinds(body: bytes, kind: str, name: str, payload: bytes) -> None:
    (frame,) = framed([body])
    assert (type(frame).__name__, getattr(frame, "event", None), bytes(frame)) == (kind, name, payload)


def test_each_message_has_its_own_headers() -> None:
    frames = framed([HI + exception("slowDown", "No.") + HI + HI])
    assert [isinstance(frame, ExceptionFrame) for frame in frames] == [False, True, False, False]


@pytest.mark.parametrize("length", [1, 10_000])
@pytest.mark.parametrize(
    ("bad", "kind", "words"),
    [
        (LARGE, FrameTooLargeError, "larger than 999 bytes"),
        (HI[:8] + b"\x00" * 4, StreamDecodeError, "damaged"),
        (HI[:-1] + b"\x00", StreamDecodeError, "checksum"),
        (b"HTTP/1.1 502 Bad Gateway", StreamDecodeError, "HTTP/1.1 502"),
        (pack(">III", 15, 0, crc32(pack(">II", 15, 0))), StreamDecodeError, "damaged"),
        (pack(">III", 20, 5, crc32(pack(">II", 20, 5))), StreamDecodeError, "damaged"),
        (assembled(b"\x01a", b""), StreamDecodeError, "malformed"),
        (assembled(b"\x01a\x0a", b""), StreamDecodeError, "malformed"),
        (assembled(b"\x01a\x07\x00", b""), StreamDecodeError, "malformed"),
        (assembled(b"\x01a\x07\x00\x05ab", b""), StreamDecodeError, "ends after"),
        (assembled(b"\x01a\x05\x00", b""), StreamDecodeError, "ends after"),
        (assembled(b"\x01a\x07\x00\x01\xff", b""), StreamDecodeError, "malformed"),
    ],
)
def test_what_comes_before_a_failure_arrives(bad: bytes, kind: type[Exception], words: str, length: int) -> None:
    framer = AmazonEventStreamFramer(999)
    frames: list[bytes] = []

    def feed() -> None:
        body = HI + HI + bad + HI
        for block in cut(body, [length] * (len(body) // length)):
            frames.extend(framer.feed(block))
        framer.end()

    with pytest.raises(kind, match=words):
        feed()
    assert len(frames) == 2
    with pytest.raises(kind, match=words):
        framer.feed(HI)
    with pytest.raises(kind, match=words):
        framer.end()


def test_the_largest_message() -> None:
    assert len(framed([LARGE], limit=len(LARGE))) == 1
    with pytest.raises(FrameTooLargeError):
        framed([LARGE], limit=len(LARGE) - 1)


@pytest.mark.parametrize("length", range(1, len(HI)))
def test_bytes_that_are_left(length: int) -> None:
    framer = AmazonEventStreamFramer()
    assert len(framer.feed(HI + HI[:length])) == 1
    with pytest.raises(StreamTruncatedError):
        framer.end()
