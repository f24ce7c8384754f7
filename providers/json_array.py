"""One JSON array whose elements arrive one after another: from blocks of bytes to elements.

So Google streams where it is not asked for an event stream. What is behind the array is ignored.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from rillm.providers.framing import DocumentFramer
from rillm.streams.frame import DEFAULT_MAX_FRAME_BYTES, too_large

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

# Each stops at the first byte that it does not know and never goes back: every byte is looked at twice at most.
BETWEEN: Final = re.compile(rb"[ \t\r\n,]*+")
TO_BRACE: Final = re.compile(rb'(?:[^"{}]++|"(?:[^"\\]++|\\.)*+")*+', re.DOTALL)
IN_STRING: Final = re.compile(rb'(?:[^"\\]++|\\.)*+', re.DOTALL)

SEPARATORS: Final = b" \t\r\n,"
NO_STRUCTURE: Final = bytes(set(range(256)) - set(b'{}"'))

_OPEN, _QUOTE, _END, _START = b'{"]['


class ArrayFramer:
    """Cuts an array of objects into its elements; a body that is no array comes whole, at its end.

    What stands in the place of an element and is no object ends the array; its first byte is handed over as a frame,
    which no decoder will take.

    Args:
        max_frame_bytes: the largest element, in bytes; more is a `FrameTooLargeError`.

    """

    def __init__(self, max_frame_bytes: int = DEFAULT_MAX_FRAME_BYTES) -> None:
        self._limit = max_frame_bytes
        self._held = bytearray()  # of the element that is not complete yet
        self._bones = b""  # of an element that came in a block of its own
        self._depth = 0  # of braces: brackets inside of an object need no counting
        self._in_string = self._after_backslash = self._too_large = False
        self._document = DocumentFramer(max_frame_bytes)
        self._take: Callable[[bytes], Sequence[bytes]] = self._begin

    def feed(self, block: bytes) -> Sequence[bytes]:
        """Return the elements that end in this block."""
        return self._take(block)

    def end(self) -> Sequence[bytes]:
        """Return a body that was no array; an element that is not complete was cut off."""
        if self._too_large:
            raise too_large(self._limit)
        return self._document.end() if self._take == self._document.feed else []

    def _begin(self, block: bytes) -> Sequence[bytes]:
        rest = block.lstrip()
        if not rest:
            return ()
        is_array = rest[0] == _START
        self._take = self._split if is_array else self._document.feed
        return self._take(rest[1:] if is_array else block)

    def _split(self, block: bytes) -> Sequence[bytes]:
        if self._too_large:
            raise too_large(self._limit)
        if not self._depth and len(block) <= self._limit and (element := self._only_element(block)):
            return (element,)
        elements: list[bytes] = []
        position = 0
        while True:
            if not self._depth:
                position = _match_end(BETWEEN, block, position)
                if position == len(block):
                    return elements
                if block[position] != _OPEN:
                    self._take = _nothing
                    return elements if block[position] == _END else [*elements, block[position : position + 1]]
            end = self._element_end(block, position)
            self._held += block[position:end]
            self._too_large = len(self._held) > self._limit
            if self._too_large and not elements:
                raise too_large(self._limit)
            if self._depth or self._too_large:
                return elements
            elements.append(bytes(self._held))
            self._held.clear()
            position = end

    def _only_element(self, block: bytes) -> bytes | None:
        """The one element in `block`, if that is all there is: the usual case, found without a step for each brace.

        Elements of a stream are alike, so most have the skeleton of the one before.
        """
        start, end = block.find(b"{"), block.rfind(b"}") + 1
        if start < 0 or block[:start].strip(SEPARATORS) or block[end:].strip(SEPARATORS):
            return None
        bones = skeleton(block)
        if bones != self._bones:
            if not is_one_object(bones):
                return None
            self._bones = bones
        return block[start:end]

    def _element_end(self, block: bytes, position: int) -> int:
        """Where the element that is being read ends in this block, or the block does."""
        while position < len(block):
            if self._in_string:
                position = self._string_end(block, position)
                continue
            position = _match_end(TO_BRACE, block, position)
            if position == len(block):
                break
            byte = block[position]
            position += 1
            if byte == _QUOTE:  # of a string that ends in another block
                self._in_string = True
                continue
            self._depth += 1 if byte == _OPEN else -1
            if not self._depth:
                break
        return position

    def _string_end(self, block: bytes, position: int) -> int:
        if self._after_backslash:
            self._after_backslash = False
            return position + 1
        position = _match_end(IN_STRING, block, position)
        if position < len(block):
            self._in_string = block[position] != _QUOTE
            self._after_backslash = self._in_string  # a backslash, and the last byte
            position += 1
        return position


def skeleton(block: bytes) -> bytes:
    """The braces and quotes of `block`, but for quotes that are escaped."""
    if b"\\" in block:
        block = block.replace(rb"\\", b"").replace(rb"\"", b"")
    return block.translate(None, NO_STRUCTURE)


def is_one_object(bones: bytes) -> bool:
    """Whether that is a skeleton of one object, with no brace inside of a string."""
    bare = bones.replace(b'""', b"")
    inner = bare[1:-1]  # braces, and quotes where a brace stands in a string
    while b"{}" in inner:
        inner = inner.replace(b"{}", b"")
    return not inner and bare[:1] + bare[-1:] == b"{}"


def _match_end(pattern: re.Pattern[bytes], block: bytes, position: int) -> int:
    match = pattern.match(block, position)
    return match.end() if match else position


def _nothing(_block: bytes) -> Sequence[bytes]:
    return ()
