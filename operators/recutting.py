"""`Recutting`: the texts of a stream in other pieces, and all else where it was; not public."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rillm.operators.chunk_texts import ended_by, plain_text, texts_of, without_texts
from rillm.operators.rewriting import Rewriting
from rillm.operators.rewritten import is_something
from rillm.streams.retraction import is_retraction
from rillm.streams.texts import CONTENT, REASONING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from reactivex import abc

    from rillm.operators.rewriting import Rewriter
    from rillm.operators.rewritten import Piece
    from rillm.streams.chunk import ModelResponseStream


class Recutting(Rewriting):
    """One subscription: strings are cut, or of each choice of chunks the reasoning and the content.

    The texts themselves stay what they are. So all else keeps its place among them: what comes after a text ends it,
    what comes beside one stands in a chunk of its own, with the log probabilities. A chunk that is one piece stays
    itself.
    """

    def __init__(
        self, make: Callable[[], Rewriter], observer: abc.ObserverBase[Any], shown: Callable[[Any], Any]
    ) -> None:
        super().__init__(lambda _: make(), observer, reasoning=True, shown=shown)

    def chunk(self, chunk: ModelResponseStream) -> Sequence[Any] | None:
        plain = plain_text(chunk)
        if plain is None:
            return self.rich(chunk)
        items: list[Any] = self._pieces(*plain)
        if items and items[-1] == plain:
            items[-1] = chunk
        return items

    def rich(self, chunk: ModelResponseStream) -> Sequence[Any] | None:
        if is_retraction(chunk):
            self.forget()
        texts, ended = texts_of(chunk), ended_by(chunk)
        beside = without_texts(chunk, texts)
        is_more = is_something(beside)
        if is_more and not texts:
            ended = [choice.index for choice in chunk.choices] or [*self._thoughts, *self._contents]
        items: list[Any] = self._all_pieces(texts)
        items += [piece for index in ended for field in self.texts for piece in self.rest(index, field)]
        if items == texts and not texts[1:]:
            return None
        if is_more:
            items.insert(len(items) if ended else 0, beside)
        return items

    def _all_pieces(self, texts: Sequence[Piece]) -> list[Piece]:
        """Those of several texts; where one cannot be cut, those of the texts before it are let out."""
        pieces: list[Piece] = []
        try:
            for text in texts:
                pieces += self._pieces(*text)
        except Exception:
            for piece in pieces:
                self._emit(self._shown(piece))
            raise
        return pieces

    def _pieces(self, chunk: ModelResponseStream, index: int, field: str, text: str) -> list[Piece]:
        """Those of a text, after the rest of the other one of its choice."""
        other = CONTENT if field == REASONING else REASONING
        pieces = self.feed(chunk, index, field, text)  # first: if it fails, the rest is still there for the end
        return self.rest(index, other) + pieces if index in self.texts[other] else pieces
