"""Texts to look for in a text that comes in pieces: stop sequences and tags; not public."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection


class Literals:
    """Some texts, none of them empty. The first place counts, and of those that begin there the longest.

    >>> literals = Literals(["stop", "st"])
    >>> literals.look("a stop, a stop"), literals.look("a sto"), literals.look("a")
    ((2, 6), (2, None), (1, None))
    """

    def __init__(self, texts: Collection[str]) -> None:
        self._texts = sorted(set(texts), key=len, reverse=True)
        self._reach = len(self._texts[0]) - 1
        firsts = re.compile(f"[{re.escape(''.join(text[0] for text in self._texts))}]")
        self._firsts = firsts.finditer
        self.may_begin = firsts.search
        self.find = re.compile("|".join(map(re.escape, self._texts))).search

    def look(self, text: str, *, longest: bool = True) -> tuple[int, int | None]:
        """Where the first one is, and its end; None instead of the end while it may or may not become one.

        Without any: where `text` ends.

        Args:
            text: from where nothing has been found yet.
            longest: False to take the one that is there, though a longer one may come at the same place.
        """
        undecided = self._undecided(text)
        found = self.find(text)
        if found and (found.start() < undecided or (found.start() == undecided and not longest)):
            return found.span()
        return undecided, None

    def _undecided(self, text: str) -> int:
        """Where the end of `text` begins that may be the beginning of one; its length if there is none."""
        for first in self._firsts(text, max(0, len(text) - self._reach)):
            rest = text[first.start() :]
            if any(len(rest) < len(one) and one.startswith(rest) for one in self._texts):
                return first.start()
        return len(text)
