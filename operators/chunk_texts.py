"""The texts that a chunk brings, their ends, and what it brings beside them; not public."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rillm.streams.pieces import with_texts
from rillm.streams.texts import CONTENT, REASONING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rillm.operators.rewritten import Piece
    from rillm.streams.chunk import ModelResponseStream


def plain_text(chunk: ModelResponseStream) -> Piece | None:
    """The text of a chunk that brings nothing else, as nearly every one does."""
    choices = chunk.choices
    if len(choices) != 1 or chunk.__pydantic_extra__:
        return None
    choice = choices[0]
    fields = choice.__dict__  # past pydantic, which costs as much as all the rest here
    delta = fields["delta"]
    said = delta.__dict__
    if (
        fields["finish_reason"] is not None
        or fields["logprobs"]
        or choice.__pydantic_extra__
        or said["role"]
        or said["tool_calls"]
        or said["function_call"]
        or said["audio"]
        or said["provider_specific_fields"]
    ):
        return None
    content, extra = said[CONTENT], delta.__pydantic_extra__
    if content and not extra:
        return chunk, fields["index"], CONTENT, content
    if extra and not content and len(extra) == 1 and (thought := extra.get(REASONING)):
        return chunk, fields["index"], REASONING, thought
    return None


def texts_of(chunk: ModelResponseStream) -> list[Piece]:
    """The texts of a chunk, in the order in which a model has them."""
    texts: list[Piece] = []
    for choice in chunk.choices:
        thought = choice.delta.extra.get(REASONING)
        if thought:
            texts.append((chunk, choice.index, REASONING, thought))
        if choice.delta.content:
            texts.append((chunk, choice.index, CONTENT, choice.delta.content))
    return texts


def ended_by(chunk: ModelResponseStream) -> list[int]:
    """The choices whose texts end with a chunk: they finish, or go on with calls."""
    return [
        choice.index
        for choice in chunk.choices
        if choice.finish_reason is not None or choice.delta.tool_calls or choice.delta.function_call
    ]


def without_texts(chunk: ModelResponseStream, texts: Sequence[Piece]) -> ModelResponseStream:
    for _, choice, field, _ in texts:
        chunk = with_texts(chunk, choice, {field: None})
    return chunk
