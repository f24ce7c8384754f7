"""`rewritten`: the chunks that come in the place of one whose texts have changed; not public."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from rillm.streams.chunk import ModelResponseStream
from rillm.streams.pieces import piece, with_texts
from rillm.streams.texts import REASONING
from rillm.streams.tidy import says_something

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rillm.streams.chunk import StreamingChoices

# A text of a chunk or a piece of one, small until it is made a chunk: the chunk, its choice, the field, what it says.
Piece: TypeAlias = tuple[ModelResponseStream, int, str, str]
Item: TypeAlias = ModelResponseStream | Piece | str


class Thought(str):
    """A piece that goes to `reasoning_content`, whatever field its text came in."""

    __slots__ = ()


class Change(NamedTuple):
    """What becomes of a text of a chunk."""

    choice: StreamingChoices
    field: str
    pieces: Sequence[Piece]


def is_other(piece: str, text: str) -> bool:
    """Whether a chunk with `text` has to be changed for `piece`."""
    return piece != text or type(piece) is not str


def rewritten(chunk: ModelResponseStream, changes: Sequence[Change]) -> Sequence[ModelResponseStream]:
    """The chunks that come in the place of one. What finishes a choice is the last of it."""
    before: list[ModelResponseStream] = []
    after: list[ModelResponseStream] = []
    out, is_empty = chunk, False
    for choice, field, pieces in changes:
        own = pieces[0][-1] if pieces and has_room(choice, pieces[0][-1]) else None
        texts: dict[str, str | None] = {field: None}
        if own is not None:
            texts[field_of(field, own)] = str(own)
        out = with_texts(out, choice.index, texts, logprobs=None)
        is_empty = is_empty or own is None
        others = after if choice.finish_reason is None else before
        others += map(as_chunk, pieces[own is not None :])
    return [*before, *([out] if not is_empty or is_something(out) else []), *after]


def has_room(choice: StreamingChoices, first: str) -> bool:
    """Whether the chunk itself can bring the first piece: it finishes nothing, and a thought of its own stays."""
    return choice.finish_reason is None and not (isinstance(first, Thought) and choice.delta.extra.get(REASONING))


def field_of(field: str, text: str) -> str:
    return REASONING if isinstance(text, Thought) else field


def as_chunk(one: Piece) -> ModelResponseStream:
    chunk, index, field, text = one
    return piece(chunk, index, field_of(field, text), str(text))


def shown(item: Item) -> Any:
    """What it is to the consumer: a piece is made a chunk."""
    return as_chunk(item) if type(item) is tuple else item


def is_something(chunk: ModelResponseStream) -> bool:
    """Whether a chunk is worth handing on after a text was taken out of it."""
    return (
        "usage" in chunk.extra
        or any(choice.delta.role or choice.finish_reason for choice in chunk.choices)
        or says_something(chunk)
    )
