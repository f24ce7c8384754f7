"""A part of an answer, as Anthropic and Vercel's AI SDK have them, and what a chunk brings to one; not public."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

from rillm.streams.json_values import objects_in

if TYPE_CHECKING:
    from rillm.streams.chunk import Delta, ModelResponseStream
    from rillm.streams.open_call import OpenCall

Kind = Literal["text", "thinking", "call"]


@dataclass(slots=True)
class Part:
    """A part of an answer that has begun.

    Attributes:
        kind: what it is.
        number: its place in the answer, from 0.
        call: so far, if it is one.
        id: of the call.
        name: of the call, as it was announced.
        pieces: of the call's arguments, how many have been written.
    """

    kind: Kind
    number: int
    call: OpenCall | None = None
    id: str = ""
    name: str = ""
    pieces: int = 0


class Thought(NamedTuple):
    """A piece of thinking: a text, or the signature that ends it, or what is kept secret."""

    text: str = ""
    signature: str = ""
    redacted: str = ""


def only_text(chunk: ModelResponseStream) -> str | None:
    """The text of a chunk that brings more of it and nothing else."""
    if len(chunk.choices) != 1:
        return None
    choice = chunk.choices[0]
    delta = choice.delta
    is_more = delta.__pydantic_extra__ or delta.tool_calls or delta.function_call or choice.finish_reason
    return None if is_more or choice.index else delta.content


def thoughts(delta: Delta) -> list[Thought]:
    """What a delta brings of thinking: Anthropic's blocks, with their signatures, or the text alone."""
    reasoning, blocks = delta.extra.get("reasoning_content"), objects_in(delta.extra.get("thinking_blocks"))
    found = [Thought(*(str(block.get(name) or "") for name in ("thinking", "signature", "data"))) for block in blocks]
    if reasoning and not any(thought.text for thought in found):
        found.insert(0, Thought(reasoning))
    return found
