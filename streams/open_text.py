"""A text that goes on, of which nothing is counted twice but its last word."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from rillm.streams.texts import size

if TYPE_CHECKING:
    from collections.abc import Callable

    Units = Callable[[str], int]

LONGEST: Final = 64  # characters without a blank that are counted anew with each piece
# Up to the last word that a sign ends: in Chinese, in JSON.
UP_TO_A_SIGN: Final = re.compile(r"""(?s:.*)[^\W_](?=["\s,.:;!?()\[\]{}、。，：；！？（）「」])""")  # noqa: RUF001 - Chinese


class OpenText:
    """In units of a tokenizer. Pieces are put aside, and counted together.

    Such tokenizers take a text apart into words first, each with the blank before it, so that the sum is the count of
    the whole. What has no blanks for `LONGEST` characters is cut before a sign that ends a word, which is as good; what
    has neither is cut there, which costs about a unit. Where it is cut depends on the text alone, not on its pieces.

    Attributes:
        aside: pieces that are not counted yet.
        units: of all that is.
        most: what they may become as the last word goes on, and that with it: one is no less than a byte.
    """

    __slots__ = ("_whole", "_word", "aside", "most", "units")

    def __init__(self) -> None:
        self.aside: list[str] = []
        self.units = self.most = 0
        self._whole = 0  # units of its whole words
        self._word = ""  # the last, which may go on

    def count(self, units: Units) -> None:
        """Count what is aside."""
        piece = "".join(self.aside)
        self.aside.clear()
        self._whole, self._word, self.units = self._with(piece, units)
        self.most = self._whole + size(self._word)

    def units_with(self, piece: str, units: Units) -> int:
        """How many there would be, if nothing is aside."""
        return self._with(piece, units)[-1]

    def _with(self, piece: str, units: Units) -> tuple[int, str, int]:
        whole, word = self._whole, self._word
        if piece.startswith(" ") and not word[-1:].isspace():  # nearly every piece
            whole, word = self.units, ""
        more, word, last = (grown if len(piece) > LONGEST else grown_again)(word, piece, units)
        return whole + more, word, whole + more + last


def grown(word: str, piece: str, units: Units) -> tuple[int, str, int]:
    """A word with a piece: the units of what is whole then, the word that may go on, and its units."""
    text = word + piece
    more = start = end = 0  # from where it is not counted yet, and up to where it is whole
    while len(text) - end > LONGEST:
        at = last_blank(text, end, end + LONGEST) or last_sign(text, end, end + LONGEST)
        if not at:
            at = end + LONGEST
            more += units(text[start:at])
            start = at
        end = at
    end = last_blank(text, end, len(text)) or end
    if end > start:
        more += units(text[start:end])
    return more, text[end:], units(text[end:])


grown_again: Final = lru_cache(4096)(grown)  # few words are most of a text


def last_blank(text: str, start: int, stop: int) -> int:
    """Where the last blank after a word is; 0 for nowhere."""
    at = text.rfind(" ", start + 1, stop + 1)
    while at > 0 and text[at - 1].isspace():
        at = text.rfind(" ", start + 1, at)
    return max(at, 0)


def last_sign(text: str, start: int, stop: int) -> int:
    """Where the last sign after a word is; 0 for nowhere."""
    found = UP_TO_A_SIGN.match(text, start, stop + 1)
    return found.end() if found else 0
