"""A text that grows, piece by piece, and of which parts are taken meanwhile."""

from __future__ import annotations

from bisect import bisect_left, bisect_right


class LongText:
    """Keeps the pieces: adding one costs the same however long the text is, and taking a part what the part is long."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._starts: list[int] = []
        self._length = 0

    def __len__(self) -> int:
        return self._length

    def add(self, piece: str) -> None:
        if piece:
            self._pieces.append(piece)
            self._starts.append(self._length)
            self._length += len(piece)

    def part(self, start: int, end: int) -> str:
        """The characters from `start` to `end`, as far as they have come.

        >>> text = LongText()
        >>> for piece in ("Hel", "lo ", "you"):
        ...     text.add(piece)
        >>> text.part(2, 8), text.part(3, 5), text.part(4, 4)
        ('llo yo', 'lo', '')
        """
        if start >= end:
            return ""
        first = bisect_right(self._starts, start) - 1
        after = bisect_left(self._starts, end)
        offset = self._starts[first]
        return "".join(self._pieces[first:after])[start - offset : end - offset]
