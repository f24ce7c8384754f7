"""`Overlap`: how much of what was said a text says again when it begins; not public."""

from __future__ import annotations

from itertools import islice
from typing import Final

LEAST: Final = 2  # characters that are said again from a word on
CERTAIN: Final = 16  # letters and digits that are no accident, wherever they begin
BREAKS: Final = (" ", "\n\n")  # which a request may lack at its end, for not every provider takes them there


class Overlap:
    """The longest end of `said` with which a text begins, found while the text comes.

    By the algorithm of Knuth, Morris and Pratt, with the text as the pattern: each character is looked at once.

    Attributes:
        is_known: whether it is, whatever else comes.
    """

    def __init__(self, said: str) -> None:
        self.is_known = False
        self._said = said
        self._read = 0  # characters of it
        self._text: list[str] = []
        self._shorter: list[int] = []  # for each beginning of the text, the longest end of that which is one as well
        self._matched = 0  # characters with which the text begins and which stand before `_read`

    def feed(self, text: str) -> None:
        """Take more of the text."""
        for letter in text:
            shorter = self._shorter[-1] if self._text else 0
            while shorter and self._text[shorter] != letter:
                shorter = self._shorter[shorter - 1]
            is_longer = bool(self._text) and self._text[shorter] == letter
            self._text.append(letter)
            self._shorter.append(shorter + is_longer)
        self._look()

    def size(self) -> int:
        """How many characters it has, if this is all of the text."""
        while not self.is_known:
            self._matched = self._shorter[self._matched - 1]
            self._look()
        size = self._matched
        while size and not is_break(self._said, size):
            shorter = self._shorter[size - 1]
            if self._said.endswith(self._said[shorter - size :] * 2):
                return 0  # what repeats itself already goes on so
            if is_said_again(self._said, size):
                break
            size = shorter
        return size

    def _look(self) -> None:
        said, text, shorter = self._said, self._text, self._shorter
        read, matched = self._read, self._matched
        while read < len(said) and matched < len(text):
            letter = said[read]
            while matched and text[matched] != letter:
                matched = shorter[matched - 1]
            matched += text[matched] == letter
            read += 1
        self._read, self._matched = read, matched
        self.is_known = read == len(said)


def is_break(said: str, size: int) -> bool:
    return said[-size:] in BREAKS and not said[-size - 1 : -size].isspace()


def is_said_again(said: str, size: int) -> bool:
    """Whether it is no accident that a text begins with the last characters of `said`.

    Most texts that do so just go on, as "lo" does after "hel". Who says again what was said begins with a word.
    """
    before, again = said[-size - 1 : -size], said[-size:]
    letters = len(list(islice(filter(str.isalnum, again), CERTAIN)))
    if not said[:-size].strip():
        return letters > 0  # it is all that was said
    begins_a_word = not again[0].isspace() if before.isspace() else again[0].isalnum() and not before.isalnum()
    return letters >= (1 if begins_a_word and size >= LEAST else CERTAIN)
