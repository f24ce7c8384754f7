"""Counting the tokens of an answer while it comes. It is an estimate always: only the provider knows.

With the extra `tokens` by OpenAI's tokenizer o200k, for models of other makers too; else by the bytes of the text.
"""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from bisect import bisect_right
from functools import cache
from importlib.machinery import PathFinder
from importlib.util import find_spec, module_from_spec
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from rillm.streams.texts import texts_of
from rillm.streams.usage import BYTES_PER_TOKEN

if TYPE_CHECKING:
    from collections.abc import Callable

    from rillm.streams.chunk import ModelResponseStream, StreamingChoices

UNLIMITED: Final = sys.maxsize
LONGEST: Final = 64  # characters without a blank that are counted anew with each piece


class Overflow(NamedTuple):
    """Where a chunk has too many tokens: a text of a choice, and as much of it as is within the limit."""

    choice: StreamingChoices
    name: str
    beginning: str


class TokenCounter(ABC):
    """Tokens of an answer, in the order in which it comes. Linear in what comes.

    Attributes:
        tokens: of all texts of all choices so far; it never falls.
    """

    tokens: int = 0

    def count(self, chunk: ModelResponseStream, most: int = UNLIMITED) -> Overflow | None:
        """Count the texts of a chunk, up to the one that would make more than `most` tokens of all."""
        for choice in chunk.choices:
            for name, text in texts_of(choice):
                if not self._add(choice.index, name, text, most):
                    return Overflow(choice, name, self._fitting(choice.index, name, text, most))
        return None

    def _fitting(self, index: int, name: str, piece: str, most: int) -> str:
        """The longest beginning of a piece that makes no more than `most` tokens of all."""
        ends = range(1, len(piece) + 1)
        return piece[: bisect_right(ends, most, key=lambda end: self._after(index, name, piece[:end]))]

    @abstractmethod
    def _add(self, index: int, name: str, piece: str, most: int) -> bool:
        """Add a piece to a text of a choice, unless that makes more than `most` tokens; whether it was added."""

    @abstractmethod
    def _after(self, index: int, name: str, piece: str) -> int:
        """How many tokens there would be with this piece."""


class ByteCounter(TokenCounter):
    """A quarter of the UTF-8 bytes, as `rillm.streams.usage.estimate_tokens` has it for a whole answer."""

    def __init__(self) -> None:
        self._bytes = 0

    def count(self, chunk: ModelResponseStream, most: int = UNLIMITED) -> Overflow | None:
        total = self._bytes
        for choice in chunk.choices:
            for _, text in texts_of(choice):
                total += len(text) if text.isascii() else size(text)
        tokens = -(-total // BYTES_PER_TOKEN)
        if tokens > most:
            return super().count(chunk, most)
        self._bytes, self.tokens = total, tokens
        return None

    def _add(self, index: int, name: str, piece: str, most: int) -> bool:  # noqa: ARG002 - all texts are one
        count = self._bytes + (len(piece) if piece.isascii() else size(piece))
        tokens = -(-count // BYTES_PER_TOKEN)
        if tokens > most:
            return False
        self._bytes, self.tokens = count, tokens
        return True

    def _after(self, index: int, name: str, piece: str) -> int:  # noqa: ARG002 - as above
        return -(-(self._bytes + size(piece)) // BYTES_PER_TOKEN)


def size(text: str) -> int:
    """Bytes in UTF-8."""
    return len(text.encode(errors="replace"))


class Count(NamedTuple):
    """One text: the tokens of its whole words, the word that may go on, and the tokens of all."""

    whole: int = 0
    word: str = ""
    tokens: int = 0


NOTHING: Final = Count()


class WordCounter(TokenCounter):
    """By a tokenizer, word for word.

    Such tokenizers take a text apart into words first, each with the blank before it, so that the sum is the count of
    the whole. What has no blanks is cut after `LONGEST` characters, which costs at most a token a cut.
    """

    def __init__(self, count: Callable[[str], int]) -> None:
        self._count = count
        self._texts: dict[tuple[int, str], Count] = {}
        self._sum = 0

    def _add(self, index: int, name: str, piece: str, most: int) -> bool:
        text = index, name
        before = self._texts.get(text, NOTHING)
        now = self._grown(before, piece)
        total = self._sum + now.tokens - before.tokens
        if total > most:
            return False
        self._texts[text], self._sum = now, total
        self.tokens = max(self.tokens, total)
        return True

    def _after(self, index: int, name: str, piece: str) -> int:
        before = self._texts.get((index, name), NOTHING)
        return self._sum + self._grown(before, piece).tokens - before.tokens

    def _grown(self, before: Count, piece: str) -> Count:
        whole, word, tokens = before
        if word and piece.startswith(" ") and not word[-1].isspace():  # nearly every piece
            whole, word = tokens, piece
        else:
            word += piece
        at = word.rfind(" ")
        if at > 0 and not word[at - 1].isspace():
            whole += self._count(word[:at])
            word = word[at:]
        elif len(word) > LONGEST:
            whole += self._count(word)
            word = ""
        return Count(whole, word, whole + self._count(word))


def token_counter() -> TokenCounter:
    """A counter of the best kind that is installed."""
    count = tokenizer()
    return ByteCounter() if count is None else WordCounter(count)


@cache
def tokenizer() -> Callable[[str], int] | None:
    """How many tokens a text has by o200k; None without the extra `tokens`.

    The package's compiled module alone is loaded, in 50 ms: the package itself reads three vocabularies into dicts that
    nobody needs here, which takes half a second.
    """
    name = "bpe_openai._bindings"
    package = find_spec("bpe_openai")
    spec = package and PathFinder.find_spec(name, package.submodule_search_locations)
    if spec is None or spec.loader is None:
        return None
    module: Any = sys.modules.get(name)
    if module is None:
        module = module_from_spec(spec)
        spec.loader.exec_module(module)
    o200k: Any = module.tokenizer_for_encoding("o200k_base")

    def count(text: str) -> int:
        try:
            tokens: int = o200k.count(text)
        except UnicodeEncodeError:  # half a surrogate pair
            tokens = o200k.count(text.encode(errors="replace").decode())
        return tokens

    return count
