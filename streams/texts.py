"""What a model has written in a chunk: all the texts that cost tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rillm.streams.chunk import Delta, StreamingChoices

CONTENT, REASONING = "content", "reasoning_content"
BESIDE_CONTENT: Final = (REASONING, "refusal")


def texts_of(choice: StreamingChoices) -> Sequence[tuple[str, str]]:
    """The texts that a choice of a chunk brings, none of them empty, each with the name of the one that it goes on.

    >>> from rillm.streams.chunk import StreamingChoices
    >>> texts_of(StreamingChoices(delta={"content": "Hi", "reasoning_content": "Hm"}))
    [('content', 'Hi'), ('reasoning_content', 'Hm')]
    """
    delta = choice.delta
    fields = delta.__dict__  # past pydantic, which costs as much as all the rest here
    content = fields["content"]
    if content and not (
        delta.__pydantic_extra__
        or fields["tool_calls"]
        or fields["provider_specific_fields"]
        or fields["function_call"]
    ):
        return ((CONTENT, content),)  # nearly every chunk
    return [(name, text) for name, text in _all_texts(delta) if text and isinstance(text, str)]


def _all_texts(delta: Delta) -> Iterator[tuple[str, Any]]:
    yield CONTENT, delta.content
    extra = delta.__pydantic_extra__
    if extra:
        for name in BESIDE_CONTENT:
            yield name, extra.get(name)
    for call in delta.tool_calls or ():
        custom = call.custom
        yield f"name {call.index}", call.function.name or (custom and custom.name)
        yield f"arguments {call.index}", call.function.arguments or (custom and custom.input)
    if delta.function_call is not None:
        yield "arguments", delta.function_call.arguments
    if delta.provider_specific_fields:
        yield "tool_plan", delta.provider_specific_fields.get("tool_plan")


def size(text: str) -> int:
    """Its bytes in UTF-8; a lone half of a pair counts as one."""
    return len(text) if text.isascii() else len(text.encode(errors="replace"))
