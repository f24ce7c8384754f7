"""What a JSON string means while it is open."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from rillm.streams.json_grammar import NotJsonError, unescaped

if TYPE_CHECKING:
    from rillm.streams.long_text import LongText

# A text up to an escape, or a pair of surrogates, that has not come wholly.
CLEAR: Final = re.compile(
    r"(?:[^\\]++|\\[^u]|\\u(?![dD][89abAB])[0-9a-fA-F]{4}|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[0-9a-fA-F]{4})*+"
)


class OpenText:
    """A text that is open. What is clear of its meaning is kept, so that it is made out once."""

    __slots__ = ("_meant", "_read", "_start")

    def __init__(self, start: int) -> None:
        self._start = self._read = start
        self._meant = ""

    def until(self, text: LongText, end: int) -> str:
        if end < self._read:  # somebody looks back
            return OpenText(self._start).until(text, end)
        match = CLEAR.match(text.part(self._read, end))
        clear = match[0] if match else ""
        with suppress(NotJsonError):
            self._meant += unescaped(clear)
        self._read += len(clear)
        return self._meant
