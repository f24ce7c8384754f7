"""JSON in a text that comes in pieces: where each of its values begins and ends.

It begins at the first bracket: the prose and the Markdown fence that models like to write before it are passed over,
and so is all that follows its end. Characters are looked at in runs, and each of them twice at most; nothing is kept
but a name or a number that is not over yet. How deep it is nested does not matter.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rillm.streams.json_grammar import (
    AFTER_COMMA,
    ARRAY,
    FIRST,
    NEXT,
    OBJECT,
    SCALAR,
    SCALAR_TEXT,
    SHOWN,
    SIGNS,
    SPACE,
    STRING,
    TO_BRACKET,
    TO_QUOTE,
    VALID_SCALAR,
    VALUE,
    NotJsonError,
    end_of,
    unescaped,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    State = Callable[["JsonScanner", str, int], int]


class Visitor:
    """Is told what a scanner sees; positions count all characters that were fed. This one does nothing with it."""

    def begin(self, kind: str, at: int) -> bool:  # noqa: ARG002 - see above
        """A value begins. Return whether it is to be looked into: what is not is taken on trust, but for its end."""
        return True

    def name(self, name: str) -> None:
        """The next value is the member of this name."""

    def end(self, at: int) -> None:
        """The value that is open ends before this position."""


class JsonScanner:
    """Reads one object or array.

    Args:
        visitor: is told of its values.
        opening: the brackets with which it may begin.
        passes_over: whether other text may stand before it.

    Attributes:
        has_begun, is_complete: whether its first bracket has come, and its last.
        end: where it ends, when it is complete.
    """

    def __init__(self, visitor: Visitor, opening: str = OBJECT + ARRAY, *, passes_over: bool = True) -> None:
        self.has_begun = self.is_complete = False
        self.end = 0
        self._visitor = visitor
        self._opening = re.compile(f"[{re.escape(opening)}]")
        self._read: State = JsonScanner._before if passes_over else JsonScanner._token
        self._allowed = opening
        self._position = 0  # of the piece
        self._rest = ""  # a backslash, if it was the last character
        self._open: list[str] = []  # the kinds of objects and arrays around, of those that are looked into
        self._depth = 0  # of brackets in one that is not
        self._held: list[str] = []
        self._is_trusted = False

    def feed(self, piece: str) -> None:
        """Read on.

        Raises:
            NotJsonError: this is no JSON.
        """
        text = self._rest + piece
        self._rest = ""
        if text.endswith("\\") and (len(text) - len(text.rstrip("\\"))) % 2:
            text, self._rest = text[:-1], "\\"
        at, length = 0, len(text)
        while at < length:
            at = self._read(self, text, at)
        self._position += length

    # What is being read. Each goes on from a place in the piece and returns how far it came.

    def _before(self, text: str, _at: int) -> int:
        match = self._opening.search(text)
        if match is None:
            return len(text)
        self._read = JsonScanner._token
        return match.start()

    def _token(self, text: str, at: int) -> int:
        at = end_of(SPACE, text, at)
        if at == len(text):
            return at
        sign = text[at]
        if (sign if sign in SIGNS else SCALAR) not in self._allowed:
            raise NotJsonError(f"{text[at : at + SHOWN]!r} cannot stand at character {self._position + at}")
        if sign == ",":
            self._allowed = AFTER_COMMA[self._open[-1]]
        elif sign == ":":
            self._allowed = VALUE
        elif sign in "}]":
            self._open.pop()
            self._end(at + 1)
        elif sign == STRING and SCALAR not in self._allowed:
            self._read = JsonScanner._name
        else:
            return self._begin(sign, at)
        return at + 1

    def _begin(self, sign: str, at: int) -> int:
        self.has_begun = True
        kind = sign if sign in SIGNS else SCALAR
        is_looked_into = self._visitor.begin(kind, self._position + at)
        if kind == STRING:
            self._read = JsonScanner._string
        elif kind == SCALAR:
            self._is_trusted = not is_looked_into
            self._read = JsonScanner._scalar
            return at
        elif is_looked_into:
            self._open.append(kind)
            self._allowed = FIRST[kind]
        else:
            self._depth = 1
            self._read = JsonScanner._trusted
        return at + 1

    def _end(self, at: int) -> None:
        self._visitor.end(self._position + at)
        if self._open:
            self._read = JsonScanner._token
            self._allowed = NEXT[self._open[-1]]
        else:
            self.is_complete = True
            self.end = self._position + at
            self._read = JsonScanner._after

    def _string(self, text: str, at: int) -> int:
        at = end_of(TO_QUOTE, text, at)
        if at == len(text):
            return at
        self._end(at + 1)
        return at + 1

    def _name(self, text: str, at: int) -> int:
        end = end_of(TO_QUOTE, text, at)
        self._held.append(text[at:end])
        if end == len(text):
            return end
        self._visitor.name(unescaped(self._taken()))
        self._read = JsonScanner._token
        self._allowed = ":"
        return end + 1

    def _scalar(self, text: str, at: int) -> int:
        end = end_of(SCALAR_TEXT, text, at)
        self._held.append(text[at:end])
        if end == len(text):
            return end
        scalar = self._taken()
        if not (self._is_trusted or VALID_SCALAR.fullmatch(scalar)):
            raise NotJsonError(f"{scalar[:SHOWN]!r} before character {self._position + end} is no value of JSON")
        self._end(end)
        return end

    def _taken(self) -> str:
        taken = "".join(self._held)
        self._held.clear()
        return taken

    def _trusted(self, text: str, at: int) -> int:
        while True:
            at = end_of(TO_BRACKET, text, at)
            if at == len(text):
                return at
            sign = text[at]
            at += 1
            if sign == STRING:  # of a string that ends in another piece
                self._read = JsonScanner._trusted_string
                return at
            self._depth += 1 if sign in FIRST else -1
            if not self._depth:
                self._end(at)
                return at

    def _trusted_string(self, text: str, at: int) -> int:
        at = end_of(TO_QUOTE, text, at)
        if at < len(text):
            self._read = JsonScanner._trusted
            at += 1
        return at

    def _after(self, text: str, _at: int) -> int:
        return len(text)
