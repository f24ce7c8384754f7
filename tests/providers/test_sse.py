from __future__ import annotations

import re
from codecs import BOM_UTF8
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from httpx_sse._decoders import SSEDecoder
from hypothesis import example, given
from hypothesis import strategies as st

from rillm.providers.sse import SSEFramer
from rillm.streams.errors import FrameTooLargeError
from rillm.streams.frame import NamedFrame

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

# What `feed` returns for a stream, as (event name, data).
EVENTS: dict[str, tuple[bytes, list[tuple[str, bytes]]]] = {
    # The examples of https://html.spec.whatwg.org/multipage/server-sent-events.html
    "spec: messages": (
        (
            b"data: This is the first message.\n\n"
            b"data: This is the second message, it\ndata: has two lines.\n\n"
            b"data: This is the third message.\n\n"
        ),
        [
            ("message", b"This is the first message."),
            ("message", b"This is the second message, it\nhas two lines."),
            ("message", b"This is the third message."),
        ],
    ),
    "spec: named": (
        b"event: add\ndata: 73857293\n\nevent: remove\ndata: 2153\n\nevent: add\ndata: 113411\n\n",
        [("add", b"73857293"), ("remove", b"2153"), ("add", b"113411")],
    ),
    "spec: YHOO": (b"data: YHOO\ndata: +2\ndata: 10\n\n", [("message", b"YHOO\n+2\n10")]),
    "spec: comment, ids, unterminated end": (
        b": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n",
        [("message", b"first event"), ("message", b"second event")],
    ),
    "one space only": (b"event:  x\ndata:  a\ndata:  b\n\n", [(" x", b" a\n b")]),
    "spec: third event ends": (b"data:  third event\n\n", [("message", b" third event")]),
    "spec: empty data": (b"data\n\ndata\ndata\n\ndata:", [("message", b""), ("message", b"\n")]),
    "spec: space after colon": (b"data:test\n\ndata: test\n\n", [("message", b"test"), ("message", b"test")]),
    # Line ends
    "CR": (b"data: a\rdata: b\r\rdata: c\r\r", [("message", b"a\nb"), ("message", b"c")]),
    "CRLF": (b"data: a\r\ndata: b\r\n\r\ndata: c\r\n\r\n", [("message", b"a\nb"), ("message", b"c")]),
    "mixed": (b"data: a\rdata: b\r\ndata: c\n\r\ndata: d\n\r", [("message", b"a\nb\nc"), ("message", b"d")]),
    "one CRLF is one line end": (b"data: a\r\ndata: b\r\n\n", [("message", b"a\nb")]),
    "more blank lines": (b"\n\r\n\ndata: a\n\n\n\n\ndata: b\n\n\n", [("message", b"a"), ("message", b"b")]),
    "other separators are text": (
        "data: \u2028\u2029\u0085\x0b\x0c\x1c\n\n".encode(),
        [("message", "\u2028\u2029\u0085\x0b\x0c\x1c".encode())],
    ),
    # Byte order mark
    "BOM": (BOM_UTF8 + b"data: a\n\n", [("message", b"a")]),
    "BOM only at the start": (
        b"data: a\n\n" + BOM_UTF8 + b"data: b\n\ndata: c\n\n",
        [("message", b"a"), ("message", b"c")],
    ),
    "one BOM only": (BOM_UTF8 * 2 + b"data: a\n\ndata: b\n\n", [("message", b"b")]),
    "half a BOM": (BOM_UTF8[:2] + b"data: a\n\ndata: b\n\n", [("message", b"b")]),
    # Fields
    "comments": (b": hi\n:\n:data: no\n\ndata: a\n: in between\ndata: b\n\n", [("message", b"a\nb")]),
    "unknown fields": (b"dat: 1\n data: 2\nDATA: 3\ndata : 4\nwhatever\ndata: 5\n\n", [("message", b"5")]),
    "id and retry": (b"id: 7\nretry: 10\n\nretry: x\nid: 8\ndata: a\n\n", [("message", b"a")]),
    "name before and after, the last counts": (b"event: x\ndata: 1\nevent: y\n\n", [("y", b"1")]),
    "default name": (b"event: message\ndata: 1\n\nevent\ndata: 2\n\n", [("message", b"1"), ("message", b"2")]),
    "name without data is forgotten": (b"event: x\n\ndata: 1\n\n", [("message", b"1")]),
    "name without space, not ASCII": ("event:ü\ndata: 1\n\n".encode(), [("ü", b"1")]),
    "name is not UTF-8": (b"event: \xff\ndata: 1\n\n", [("\ufffd", b"1")]),
    "colons in data": (b"data: a: b: c\n\ndata::d\n\n", [("message", b"a: b: c"), ("message", b":d")]),
    "NUL and invalid UTF-8 pass": (b'data: {"a":"\0\xff"}\n\n', [("message", b'{"a":"\0\xff"}')]),
    "nothing": (b"", []),
}

# What `end` returns after a stream.
ENDS: dict[str, tuple[bytes, list[bytes]]] = {
    "nothing left": (b"data: {}\n\n", []),
    "JSON": (b'data: {"a": 1}', [b'{"a": 1}']),
    "JSON, line end": (b'data: 1\n\ndata: {"a": 1}\n', [b'{"a": 1}']),
    "JSON, CRLF": (b'data: {"a": 1}\r\n', [b'{"a": 1}']),
    "JSON of two lines": (b'data: {"a":\ndata: 1}', [b'{"a":\n1}']),
    "JSON, then a cut field": (b"data: {}\nda", [b"{}"]),
    "[DONE]": (b"data: [DONE]", [b"[DONE]"]),
    "cut [DONE]": (b"data: [DONE", []),
    "cut JSON": (b'data: {"a": 1', []),
    "cut between lines": (b'data: {"a":\n', []),
    "cut in a character": (b'data: {"a": "\xc3', []),
    "cut field": (b"data", []),
    "comment": (b": bye", []),
    "text": (b"data: hello", []),
    "half a BOM": (BOM_UTF8[:2], []),
}

LIMIT = 20
WITHIN_LIMIT = [
    b"data: 12345678901234\n\n",
    b"data: 12345678901234",
    b"data: 123456\r\ndata: 7\r\n\r\n",
    b": 3\n\n" * 30,
]
TOO_LARGE = [
    b"data: 123456789012345\n\n",
    b"data: 123456789012345\r\n\r\n",
    b"data: 1234567890123456",
    b"data: 123456\ndata: 78\n\n",
    b": a comment of 22 bytes",
    b"data: 1234567890123456\n\ndata: 1\n\n",
]

# fmt: off
PIECES = [
    b"data", b"data:", b"data: ", b"event: ", b"event:", b"message", b"id: 1", b"retry: 5", b":", b" ", b"x", b"[DONE]",
    b"{}", b"\n", b"\n\n", b"\r", b"\r\n", b"\r\n\r\n", BOM_UTF8, b"\xef", b"\0", "\u2028\u0085ü".encode(),
]
# fmt: on
streams = st.lists(st.sampled_from(PIECES), max_size=40).map(b"".join)


def named(frames: Iterable[bytes]) -> list[tuple[str, bytes]]:
    return [(frame.event if isinstance(frame, NamedFrame) else "message", bytes(frame)) for frame in frames]


def framed(blocks: Iterable[bytes]) -> list[tuple[str, bytes]]:
    framer = SSEFramer()
    return [event for block in blocks for event in named(framer.feed(block))]


def at_end(blocks: Iterable[bytes]) -> list[tuple[str, bytes]]:
    framer = SSEFramer()
    for block in blocks:
        framer.feed(block)
    return named(framer.end())


def single_bytes(stream: bytes) -> list[bytes]:
    return [stream[at : at + 1] for at in range(len(stream))]


def cut_everywhere(stream: bytes) -> list[Sequence[bytes]]:
    """All ways to cut a stream in two, with an empty block between, and into single bytes."""
    return [single_bytes(stream), *([stream[:at], b"", stream[at:]] for at in range(len(stream) + 1))]


def cut_at(stream: bytes, cuts: Iterable[int]) -> list[bytes]:
    edges = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    return [stream[start:end] for start, end in pairwise(edges)]


def by_httpx_sse(stream: bytes) -> list[tuple[str, bytes]]:
    """The events that httpx-sse finds, brought to the standard where it departs from it.

    - It decodes text and lines elsewhere: so lines are cut here, as the standard says, and the BOM goes.
    - It dispatches events without data when they have a name, an id or retry, or came after an id: these are left out.
    - It calls the default event "" where the standard says "message".
    """
    decoder = SSEDecoder()
    events: list[tuple[str, bytes]] = []
    has_data = False
    *lines, _unterminated = re.split(rb"\r\n|\r|\n", stream.removeprefix(BOM_UTF8))
    for line in lines:
        event = decoder.decode(line.decode(errors="surrogateescape"))
        if event is not None and has_data:
            name = event.event.encode(errors="surrogateescape").decode(errors="replace")
            events.append((name or "message", event.data.encode(errors="surrogateescape")))
        has_data = bool(line) and (has_data or line == b"data" or line.startswith(b"data:"))
    return events


@pytest.mark.parametrize(("stream", "events"), EVENTS.values(), ids=EVENTS)
def test_events(stream: bytes, events: list[tuple[str, bytes]]) -> None:
    assert framed([stream]) == events
    assert by_httpx_sse(stream) == events


@pytest.mark.parametrize(("stream", "events"), EVENTS.values(), ids=EVENTS)
def test_events_cut_everywhere(stream: bytes, events: list[tuple[str, bytes]]) -> None:
    for blocks in cut_everywhere(stream):
        assert framed(blocks) == events, blocks


@pytest.mark.parametrize(
    ("stream", "events"),
    [
        (b'data: a\n\n{\r\n"error": {}\r\n}\r\n\r\n', [("message", b"a"), ("error", b'{\n"error": {}\n}')]),
        (b'{"error": {}}\n\ndata: a\n\n', [("error", b'{"error": {}}'), ("message", b"a")]),
        (b'{"a": 1}\n\ndata: a\n\n', [("message", b"a")]),
        (b'{"error": \n\ndata: a\n\n', [("message", b"a")]),
    ],
)
def test_an_error_without_a_field(stream: bytes, events: list[tuple[str, bytes]]) -> None:
    """As Google's servers put it between events; the standard would ignore it."""
    for blocks in cut_everywhere(stream):
        assert framed(blocks) == events, blocks


@pytest.mark.parametrize(("stream", "left"), ENDS.values(), ids=ENDS)
def test_end_returns_what_only_lacks_its_blank_line(stream: bytes, left: list[bytes]) -> None:
    for blocks in cut_everywhere(stream):
        assert at_end(blocks) == named(left), blocks


def test_end_keeps_the_name() -> None:
    assert at_end([b"event: message_stop\ndata: {}"]) == [("message_stop", b"{}")]


def test_end_returns_it_once() -> None:
    framer = SSEFramer()
    framer.feed(b"data: {}")
    assert [framer.end(), framer.end()] == [[b"{}"], []]


@pytest.mark.parametrize("end", [b"\n\n", b"\r\r", b"\r\n\r\n", b"\r\n\r", b"\n\r"])
def test_event_is_returned_by_the_block_that_ends_it(end: bytes) -> None:
    framer = SSEFramer()
    for _ in range(3):
        assert not framer.feed(b"data: {}")
        assert framer.feed(end) == [b"{}"]


@pytest.mark.parametrize("data", ["a", " a", "", " ", "  ", "\u2028", "a\0", "a b", ":"])
@pytest.mark.parametrize("end", ["\n\n", "\r\n\r\n", "\r\r"], ids=["LF", "CRLF", "CR"])
@pytest.mark.parametrize("space", ["", " "], ids=["no space", "space"])
def test_an_event_a_block(data: str, end: str, space: str) -> None:
    event = f"data:{space}{data}{end}".encode()
    expected = (space + data).encode().removeprefix(b" ")
    assert framed([b"data: 0\n\n", event, event]) == [("message", b"0"), *[("message", expected)] * 2]


def test_frames_are_plain_bytes_unless_named() -> None:
    framer = SSEFramer()
    for block in (b"data: a\n\n", b"data: a\n\n", b"event: message\ndata: a\n\n", b"data: a\ndata: b\n\n"):
        assert [type(frame) for frame in framer.feed(block)] == [bytes]


@pytest.mark.parametrize("stream", WITHIN_LIMIT)
def test_within_limit(stream: bytes) -> None:
    for blocks in cut_everywhere(stream):
        framer = SSEFramer(max_frame_bytes=LIMIT)
        frames = [frame for block in blocks for frame in framer.feed(block)] + list(framer.end())
        assert frames == [data for _, data in framed([stream, b"\n\n"])]


@pytest.mark.parametrize("stream", TOO_LARGE)
@pytest.mark.parametrize("before", [[], [b"1"], [b"1", b"2", b"3"]], ids=len)
def test_too_large_after_the_frames_before_it(stream: bytes, before: list[bytes]) -> None:
    start = b"".join(b"data: %b\n\n" % data for data in before)
    for blocks in cut_everywhere(start + stream):
        framer = SSEFramer(max_frame_bytes=LIMIT)
        frames: list[bytes] = []
        with pytest.raises(FrameTooLargeError, match=r"larger than 20 bytes.* max_frame_bytes"):
            frames.extend(frame for block in [*blocks, b"data: 4\n\n"] for frame in framer.feed(block))
        assert frames == before, blocks
        with pytest.raises(FrameTooLargeError):
            framer.end()


def test_too_large_is_noticed_within_one_block() -> None:
    framer = SSEFramer(max_frame_bytes=1000)
    for _ in range(10):
        framer.feed(b"x" * 100)
    with pytest.raises(FrameTooLargeError):
        framer.feed(b"x" * 100)


@given(streams, st.lists(st.integers(0, 200), max_size=8))
@example(b"\xef\xbb\xbfdata: a\r\n\r\ndata: b\n\n", [1, 2, 12])
def test_cuts_change_nothing(stream: bytes, cuts: list[int]) -> None:
    blocks = cut_at(stream, cuts)
    assert framed(blocks) == framed([stream]) == by_httpx_sse(stream)
    assert at_end(blocks) == at_end([stream])


@given(st.lists(streams | st.binary(max_size=9).map(lambda data: b"data: %b\n\n" % data), max_size=8))
@example([b"data: a\n\n", b"data: b\n\n", b"\ndata: c\n\n"])
@example([b"data: a\n\n", b"data: b\rdata: c\n\n"])
@example([b"data: a\r\n\r\n", b"data: b\r\n\r\n", b"data: c\r\n\n\n"])
@example([b"data: a\n\n", BOM_UTF8 + b"data: b\n\n"])
@example([b"data: a\r", b"data: b\n\n", b"\n"])
@example([b"", b"data: a\n\n", BOM_UTF8 + b"data: b\n\n"])
@example([b"\xef", b"data: a\n\n"])
@example([BOM_UTF8, b"data: a\n\n", BOM_UTF8, b"data: b\n\n"])
def test_block_of_one_event_equals_its_single_bytes(blocks: list[bytes]) -> None:
    """A single byte is never an event, so single bytes go the general way."""
    assert framed(blocks) == framed(single_bytes(b"".join(blocks)))


@given(st.lists(st.integers(0, 40).map(lambda size: b"data: %b\n\n" % (b"x" * size)), max_size=5), st.integers(1, 40))
def test_limit_is_the_same_for_blocks_and_single_bytes(blocks: list[bytes], limit: int) -> None:
    def outcome(blocks: Iterable[bytes]) -> tuple[list[bytes], bool]:
        framer = SSEFramer(max_frame_bytes=limit)
        frames: list[bytes] = []
        try:
            for block in blocks:
                frames.extend(framer.feed(block))
            framer.end()
        except FrameTooLargeError:
            return frames, True
        return frames, False

    stream = b"".join(blocks)
    assert outcome(blocks) == outcome([stream]) == outcome(single_bytes(stream))
