"""`Recut`: the texts of a stream in other pieces, and all else where it was; not public."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from rillm.operators.chunk_texts import Piece, brings_more, ended_by, plain_content, texts_of, without_texts
from rillm.streams.chunk import ModelResponseStream
from rillm.streams.retraction import is_retraction
from rillm.streams.texts import CONTENT

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rillm.operators.rewriting import Rewriter

Item: TypeAlias = ModelResponseStream | Piece | str


class Begun:
    """A text that has begun: what cuts it, and the last chunk that brought some of it, None for strings."""

    def __init__(self, field: str, cutter: Rewriter) -> None:
        self.field = field
        self.cutter = cutter
        self.chunk: ModelResponseStream | None = None


class Recut:
    """One stream of strings, or of chunks: of each choice its reasoning and its content are cut."""

    def __init__(self, make: Callable[[], Rewriter]) -> None:
        self._make = make
        self._begun: dict[int, Begun] = {}
        self._out: list[Item] = []

    def take(self) -> list[Item]:
        """What can be let out now: strings, pieces, and chunks as they came or without their texts."""
        out, self._out = self._out, []
        return out

    def feed(self, item: Any) -> None:
        if not isinstance(item, ModelResponseStream):
            self._out += self._cut(None, 0, CONTENT, item)
            return
        plain = plain_content(item)
        if plain is None:
            self._recut(item)
            return
        choice, text = plain
        pieces = self._cut(item, choice, CONTENT, text)
        self._out += [item] if pieces == [text] else [(item, choice, CONTENT, piece) for piece in pieces]

    def end(self) -> None:
        """What is held back can be let out."""
        for choice in list(self._begun):
            self._end(choice)

    def _recut(self, chunk: ModelResponseStream) -> None:
        texts = texts_of(chunk)
        if not texts:
            self._pass(chunk)
            return
        for _, choice, field, text in texts:
            self._out += [(chunk, choice, field, piece) for piece in self._cut(chunk, choice, field, text)]
        ended = ended_by(chunk)
        for choice in ended:
            self._end(choice)
        if len(texts) == 1 and self._out == texts:
            self._out = [chunk]
        elif brings_more(chunk):
            self._out.insert(len(self._out) if ended else 0, without_texts(chunk, texts))

    def _pass(self, chunk: ModelResponseStream) -> None:
        """Hand on a chunk without a text. It ends those that have begun, if it brings anything else."""
        if is_retraction(chunk):
            self._begun.clear()
        elif brings_more(chunk):
            for choice in [choice.index for choice in chunk.choices] or list(self._begun):
                self._end(choice)
        self._out.append(chunk)

    def _cut(self, chunk: ModelResponseStream | None, choice: int, field: str, text: str) -> Sequence[str]:
        begun = self._begun.get(choice)
        if begun is None or begun.field != field:
            self._end(choice)
            begun = self._begun[choice] = Begun(field, self._make())
        begun.chunk = chunk
        return begun.cutter.feed(text)

    def _end(self, choice: int) -> None:
        if choice in self._begun:
            begun = self._begun.pop(choice)
            chunk, field, texts = begun.chunk, begun.field, begun.cutter.end()
            self._out += texts if chunk is None else [(chunk, choice, field, text) for text in texts]
