"""`Recut`: the texts of a stream in other pieces, and all else where it was; not public."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from rillm.operators.cutting import ends_text
from rillm.streams.chunk import ModelResponseStream
from rillm.streams.pieces import piece, with_texts
from rillm.streams.texts import CONTENT, REASONING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rillm.operators.rewriting import Rewriter

TEXTS: Final = (REASONING, CONTENT)


class Piece(NamedTuple):
    """A piece of a text of a chunk, small until it is made a chunk itself."""

    chunk: ModelResponseStream
    choice: int
    field: str
    text: str


class Begun:
    """A text that has begun: what cuts it, and the last chunk that brought some of it, None for strings."""

    def __init__(self, field: str, cutter: Rewriter) -> None:
        self.field = field
        self.cutter = cutter
        self.chunk: ModelResponseStream | None = None


class Recut:
    """The pieces of one stream of strings, or of chunks: of each choice its reasoning and its content.

    Attributes:
        queue: what is to be let out: pieces, strings, and chunks as they came or without their texts.
    """

    def __init__(self, make: Callable[[], Rewriter]) -> None:
        self.queue: deque[Any] = deque()
        self._make = make
        self._begun: dict[int, Begun] = {}

    def feed(self, item: Any) -> None:
        if isinstance(item, str):
            self._say(None, 0, CONTENT, item)
            return
        texts = texts_of(item)
        if not texts:
            if brings_more(item):
                for choice in [choice.index for choice in item.choices] or list(self._begun):
                    self._end(choice)
            self.queue.append(item)
            return
        place = len(self.queue)
        for choice, field, text in texts:
            self._say(item, choice, field, text)
        closing = [choice.index for choice in item.choices if ends_text(choice)]
        for choice in closing:
            self._end(choice)
        if len(self.queue) == place + 1 and self.queue[-1] == (item, *texts[0]):
            self.queue[-1] = item
        elif brings_more(item):
            self.queue.insert(len(self.queue) if closing else place, without_texts(item, texts))

    def end(self) -> None:
        """Put what is held back into the queue."""
        for choice in list(self._begun):
            self._end(choice)

    def _say(self, chunk: ModelResponseStream | None, choice: int, field: str, text: str) -> None:
        begun = self._begun.get(choice)
        if begun is None or begun.field != field:
            self._end(choice)
            begun = self._begun[choice] = Begun(field, self._make())
        begun.chunk = chunk
        self._put(begun, choice, begun.cutter.feed(text))

    def _end(self, choice: int) -> None:
        if choice in self._begun:
            begun = self._begun.pop(choice)
            self._put(begun, choice, begun.cutter.end())

    def _put(self, begun: Begun, choice: int, texts: Sequence[str]) -> None:
        chunk, field = begun.chunk, begun.field
        self.queue += texts if chunk is None else [Piece(chunk, choice, field, text) for text in texts]


def texts_of(chunk: ModelResponseStream) -> list[tuple[int, str, str]]:
    """The texts of a chunk, each with its choice and field."""
    texts: list[tuple[int, str, str]] = []
    for choice in chunk.choices:
        delta = choice.delta
        if delta.__pydantic_extra__ and delta.__pydantic_extra__.get(REASONING):
            texts.append((choice.index, REASONING, delta.__pydantic_extra__[REASONING]))
        if delta.content:
            texts.append((choice.index, CONTENT, delta.content))
    return texts


def brings_more(chunk: ModelResponseStream) -> bool:
    """Whether a chunk brings anything beside texts."""
    return "usage" in chunk.extra or any(
        choice.finish_reason is not None
        or choice.logprobs
        or choice.extra
        or any(value and name not in TEXTS for name, value in (choice.delta.__dict__ | choice.delta.extra).items())
        for choice in chunk.choices
    )


def without_texts(chunk: ModelResponseStream, texts: Sequence[tuple[int, str, str]]) -> ModelResponseStream:
    for choice, field, _ in texts:
        chunk = with_texts(chunk, choice, {field: None})
    return chunk


def has_text(item: Any) -> bool:
    """Whether an item of the queue is a piece of a text."""
    return not isinstance(item, ModelResponseStream) or bool(texts_of(item))


def let_out(item: Any) -> Any:
    """What an item of the queue is to the consumer."""
    return piece(*item) if isinstance(item, Piece) else item
