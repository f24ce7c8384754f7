"""The chunks of a stream so far, kept small: the response up to any of them can be had at any time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rillm.streams.accumulator import Accumulator
from rillm.streams.choice_accumulator import JOINED_TEXTS

if TYPE_CHECKING:
    from rillm.streams.chunk import ModelResponseStream
    from rillm.streams.response import ModelResponse

    Piece = tuple[int, str, str]  # the index of a choice, a field of its delta, a text


class ChunkLog:
    """Only grows, so that a number of chunks is a state of the answer. Of nearly every chunk just its text is kept."""

    def __init__(self) -> None:
        self._entries: list[ModelResponseStream | Piece] = []
        self._extra: dict[str, Any] = {}

    def add(self, chunk: ModelResponseStream, piece: Piece | None) -> int:
        """Add `chunk`, which brings only this piece, if any; how many there are now."""
        entries, extra = self._entries, chunk.__pydantic_extra__
        is_first = not entries  # it tells whose answer this is
        if is_first or (extra and extra != self._extra):
            self._extra = {**(extra or {})}
            entries.append(chunk)
        else:
            entries.append(piece or chunk)
        return len(entries)

    def response(self, count: int) -> ModelResponse:
        """What the first `count` chunks add up to."""
        accumulator = Accumulator()
        for entry in self._entries[:count]:
            if isinstance(entry, tuple):
                accumulator.add_text(*entry)
            else:
                accumulator.add(entry)
        return accumulator.response()


def only_piece(chunk: ModelResponseStream) -> Piece | None:
    """The piece of text that a chunk brings to one choice, if it brings nothing else."""
    choices = chunk.choices
    if len(choices) != 1:
        return None
    choice = choices[0]
    if choice.finish_reason or choice.logprobs or choice.__pydantic_extra__:
        return None
    delta = choice.delta
    content = delta.content
    if content and len(delta.__pydantic_fields_set__) == 1:
        return (choice.index, "content", content)  # nearly every chunk
    if delta.role or delta.tool_calls or delta.function_call or delta.audio or delta.provider_specific_fields:
        return None
    extra = delta.__pydantic_extra__
    if not extra:
        return (choice.index, "content", content) if content else None
    name, text = next(iter(extra.items()))
    is_piece = name in JOINED_TEXTS and isinstance(text, str) and text
    return (choice.index, name, text) if is_piece and len(extra) == 1 and not content else None
