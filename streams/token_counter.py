"""Counting the tokens of an answer while it comes. It is an estimate always: only the provider knows.

With the extra `tokens` by OpenAI's tokenizer o200k, for models of other makers too; else by the bytes of the text.
"""

from __future__ import annotations

import sys
from bisect import bisect_right
from collections import defaultdict
from typing import TYPE_CHECKING, Final, NamedTuple

from rillm.streams import tokenizer
from rillm.streams.open_text import OpenText
from rillm.streams.texts import CONTENT, size, texts_of
from rillm.streams.usage import BYTES_PER_TOKEN

if TYPE_CHECKING:
    from collections.abc import Callable

    from rillm.streams.chunk import ModelResponseStream, StreamingChoices

    Name = tuple[int, str]  # of a text: the index of its choice, and which one of that

UNLIMITED: Final = sys.maxsize
BATCH: Final = 4096  # bytes that are put aside, at most


class Overflow(NamedTuple):
    """Where a chunk has too many tokens: a text of a choice, and as much of it as is within the limit."""

    choice: StreamingChoices
    name: str
    beginning: str


class TokenCounter:
    """Tokens of an answer, in the order in which it comes. Linear in what comes, and the same however that is cut.

    Pieces are put aside until somebody looks: counted together they take a third of the time. No token has less than a
    byte, so nobody has to look while a limit is far away.
    """

    def __init__(self, count: Callable[[str], int], per_token: int = 1) -> None:
        """`count`: units of a text, none of them less than a byte; so many are a token."""
        self._count = count
        self._per_token = per_token
        self._texts: defaultdict[Name, OpenText] = defaultdict(OpenText)
        self._units = self._seen = 0  # of all texts, without what is aside
        self._open = 0  # what they may become as they go on
        self._looked = self._most = 0  # no fewer than there are: at the last look, and now
        self._due = BATCH

    @property
    def tokens(self) -> int:
        """Of all texts of all choices so far. For who looks it never falls."""
        if self._most > self._looked:
            self._look()
        return -(-self._seen // self._per_token)

    @property
    def at_most(self) -> int:
        """No fewer than `tokens`; known without a look."""
        units = self._most if self._most > self._looked else self._seen
        return -(-units // self._per_token)

    def may_exceed(self, tokens: int) -> bool:
        """Whether there may be more; known without a look."""
        return self._most > tokens * self._per_token and self.at_most > tokens

    def reaches(self, tokens: int) -> bool:
        """Whether there are so many."""
        return self.may_exceed(tokens - 1) and self.tokens >= tokens

    def count(self, chunk: ModelResponseStream, most: int = UNLIMITED) -> Overflow | None:
        """Count the texts of a chunk, up to the one that would make more than `most` tokens of all."""
        limit = most * self._per_token
        for choice in chunk.choices:
            delta = choice.delta
            text = delta.content
            if text and len(delta.__pydantic_fields_set__) == 1:  # nearly every chunk
                units = self._most + len(text) * (1 if text.isascii() else 4)
                if units <= self._due and units <= limit:
                    self._texts[choice.index, CONTENT].aside.append(text)
                    self._most = units
                    continue
            for name, text in texts_of(choice):
                if not self._add((choice.index, name), text, limit):
                    return Overflow(choice, name, self._fitting((choice.index, name), text, limit))
        return None

    def _add(self, name: Name, piece: str, limit: int) -> bool:
        """Put a piece aside, unless that makes more than `limit` units; whether it was."""
        units = size(piece)  # at most
        if self._most + units > min(limit, self._due):
            self._look()
            if self._with(name, piece) > limit:
                return False
        self._texts[name].aside.append(piece)
        self._most += units
        return True

    def _look(self) -> None:
        """Count what was put aside."""
        for text in self._texts.values():
            if text.aside:
                units, most = text.units, text.most
                text.count(self._count)
                self._units += text.units - units
                self._open += text.most - most
        self._seen = max(self._seen, self._units)
        self._looked = self._most = max(self._open, self._seen)
        self._due = self._most + BATCH

    def _with(self, name: Name, piece: str) -> int:
        """How many units there would be with this piece."""
        text = self._texts[name]
        return self._units - text.units + text.units_with(piece, self._count)

    def _fitting(self, name: Name, piece: str, limit: int) -> str:
        """The longest beginning of a piece that makes no more than `limit` units of all."""
        ends = range(1, len(piece) + 1)
        return piece[: bisect_right(ends, limit, key=lambda end: self._with(name, piece[:end]))]


class ByteCounter(TokenCounter):
    """A quarter of the UTF-8 bytes, as `rillm.streams.usage.estimate_tokens` has it for a whole answer."""

    def __init__(self) -> None:
        super().__init__(size, BYTES_PER_TOKEN)

    def count(self, chunk: ModelResponseStream, most: int = UNLIMITED) -> Overflow | None:
        """At once: to put bytes aside would cost more than to add them up."""
        units = self._units
        for choice in chunk.choices:
            text = choice.delta.content
            if text and len(choice.delta.__pydantic_fields_set__) == 1:  # nearly every chunk
                units += len(text) if text.isascii() else size(text)
            else:
                units += sum(size(text) for _, text in texts_of(choice))
        if units > most * self._per_token:
            return super().count(chunk, most)
        self._units = self._seen = self._looked = self._most = units
        return None


def token_counter() -> TokenCounter:
    """A counter of the best kind that is installed."""
    count = tokenizer.o200k()
    return ByteCounter() if count is None else TokenCounter(count)
