from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rillm.providers.ndjson import NDJSONFramer
from rillm.streams.errors import FrameTooLargeError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

# What `feed` returns for a stream, and then `end`.
LINES: dict[str, tuple[bytes, list[bytes], list[bytes]]] = {
    "LF": (b'{"a":1}\n{"b":2}\n', [b'{"a":1}', b'{"b":2}'], []),
    "CRLF": (b'{"a":1}\r\n{"b":2}\r\n', [b'{"a":1}', b'{"b":2}'], []),
    "blank lines": (b'\n\r\n{"a":1}\n\n \t\n\r\n{"b":2}\n\n', [b'{"a":1}', b'{"b":2}'], []),
    "a CR alone ends no line": (b'{"a":\r1}\n', [b'{"a":\r1}'], []),
    "other separators are text": ('"\u2028\u0085\x0b"\n'.encode(), ['"\u2028\u0085\x0b"'.encode()], []),
    "NUL and invalid UTF-8 pass": (b'"\0\xff"\n', [b'"\0\xff"'], []),
    "whole end": (b'{"a":1}\n{"b":2}', [b'{"a":1}'], [b'{"b":2}']),
    "whole end, CR": (b'{"a":1}\n{"b":2}\r', [b'{"a":1}'], [b'{"b":2}']),
    "cut end": (b'{"a":1}\n{"b":', [b'{"a":1}'], []),
    "cut in a character": (b'{"a":1}\n"\xc3', [b'{"a":1}'], []),
    "blank end": (b'{"a":1}\n \r', [b'{"a":1}'], []),
    "nothing": (b"", [], []),
}

# With a limit of 7 bytes: the frames, and whether an error comes after them.
LIMIT_OF_SEVEN: list[tuple[bytes, tuple[list[bytes], bool]]] = [
    (b'{"a":1}\n{"a":1}', ([b'{"a":1}'], False)),
    (b'{"a":12}\n', ([], True)),
    (b'{"a":12}', ([], True)),
    (b'{"a":1}\r\n', ([], True)),
    (b'{"a":1}\n{"a":12}\n{"a":3}\n', ([b'{"a":1}'], True)),
    (b'{"a":1}\n{"a":123456', ([b'{"a":1}'], True)),
]

PIECES = [b"\n", b"\r\n", b"\r", b" ", b'{"a":1}', b'{"a":', b"}", b"}\n", b"\0", "\u2028ü".encode()]
streams = st.lists(st.sampled_from(PIECES), max_size=30).map(b"".join)


def single_bytes(stream: bytes) -> list[bytes]:
    return [stream[at : at + 1] for at in range(len(stream))]


def cut_everywhere(stream: bytes) -> list[Sequence[bytes]]:
    """All ways to cut a stream in two, with an empty block between, and into single bytes."""
    return [single_bytes(stream), *([stream[:at], b"", stream[at:]] for at in range(len(stream) + 1))]


def framed(blocks: Iterable[bytes]) -> tuple[list[bytes], list[bytes]]:
    framer = NDJSONFramer()
    return [frame for block in blocks for frame in framer.feed(block)], list(framer.end())


def until_too_large(blocks: Iterable[bytes], limit: int) -> tuple[list[bytes], bool]:
    framer = NDJSONFramer(max_frame_bytes=limit)
    frames: list[bytes] = []
    try:
        for block in blocks:
            frames.extend(framer.feed(block))
        framer.end()
    except FrameTooLargeError:
        return frames, True
    return frames, False


@pytest.mark.parametrize(("stream", "lines", "left"), LINES.values(), ids=LINES)
def test_lines_cut_everywhere(stream: bytes, lines: list[bytes], left: list[bytes]) -> None:
    assert framed([stream]) == (lines, left)
    for blocks in cut_everywhere(stream):
        assert framed(blocks) == (lines, left), blocks


def test_end_returns_it_once() -> None:
    framer = NDJSONFramer()
    framer.feed(b"{}")
    assert [framer.end(), framer.end()] == [[b"{}"], []]


@pytest.mark.parametrize(("stream", "outcome"), LIMIT_OF_SEVEN)
def test_limit_of_seven_bytes(stream: bytes, outcome: tuple[list[bytes], bool]) -> None:
    for blocks in cut_everywhere(stream):
        assert until_too_large(blocks, 7) == outcome, blocks


def test_too_large_names_the_limit_and_how_to_raise_it() -> None:
    with pytest.raises(FrameTooLargeError, match=r"larger than 9 bytes.* max_frame_bytes"):
        NDJSONFramer(max_frame_bytes=9).feed(b"x" * 10)


@given(st.lists(streams, max_size=8))
@example([b'{"a":1}\n', b"{", b"}\n", b"\r", b"\n"])
def test_cuts_change_nothing(blocks: list[bytes]) -> None:
    stream = b"".join(blocks)
    lines = [line.removesuffix(b"\r") for line in stream.split(b"\n")[:-1] if line.strip()]
    assert framed(blocks) == framed([stream]) == framed(single_bytes(stream))
    assert framed(blocks)[0] == lines


@given(st.lists(streams, max_size=8), st.integers(1, 20))
@example([b'{"a":1}\n{"a":12}\n', b"{}\n"], 7)
def test_limit_is_the_same_however_cut(blocks: list[bytes], limit: int) -> None:
    stream = b"".join(blocks)
    assert until_too_large(blocks, limit) == until_too_large([stream], limit)
    assert until_too_large(blocks, limit) == until_too_large(single_bytes(stream), limit)
