"""Chunks made short, and as texts in marble diagrams."""

from __future__ import annotations

from typing import Any, Final

from rillm.streams.chunk import ModelResponseStream
from rillm.streams.events import ChatCompletionStreamEvent

SPACE, BREAK = "_", "↵"  # a blank and a line's end in a diagram
THOUGHT, FINISH = "~", "="


def chunk(  # noqa: PLR0913 - all that a chunk often has, by keyword
    content: str | None = None,
    *,
    reasoning: str | None = None,
    tool_calls: list[dict[str, Any]] | None = None,
    finish: str | None = None,
    index: int = 0,
    id: str = "chatcmpl-test",  # noqa: A002 - OpenAI's name
    model: str = "test",
    delta: dict[str, Any] | None = None,
    **top: Any,
) -> ModelResponseStream:
    """A chunk of one choice.

    Args:
        content, reasoning, tool_calls: what its delta brings, in OpenAI's shape.
        finish: the finish_reason.
        index: of the choice.
        id, model: of the answer.
        delta: other fields of the delta.
        top: other fields of the chunk, such as `usage`.

    >>> from rillm.testing import chunk
    >>> chunk("Hi").choices[0].delta.content
    'Hi'
    """
    values = {"content": content, "reasoning_content": reasoning, "tool_calls": tool_calls, **(delta or {})}
    choice = {
        "index": index,
        "finish_reason": finish,
        "delta": {name: value for name, value in values.items() if value is not None},
    }
    return ModelResponseStream.model_validate({"id": id, "created": 1, "model": model, "choices": [choice], **top})


def read(name: str) -> ModelResponseStream:
    """The chunk that a name in a diagram stands for.

    A text, with `_` for a blank and `↵` for a line's end; `~Hm` is reasoning, `=stop` the finish of a choice.

    >>> read("Hi_you").choices[0].delta.content, read("=length").choices[0].finish_reason
    ('Hi you', 'length')
    """
    if name.startswith(FINISH):
        return chunk(finish=name[1:])
    if name.startswith(THOUGHT):
        return chunk(reasoning=plain(name[1:]))
    return chunk(plain(name))


def shown(item: Any) -> str:
    """How an item is drawn: chunks as `read` takes them, texts as they are, events by their type.

    Anything else is drawn as Python shows it.

    >>> shown(chunk("Hi you")), shown(chunk(reasoning="Hm")), shown(chunk(finish="stop")), shown(5)
    ('Hi_you', '~Hm', '=stop', '5')
    """
    if isinstance(item, str):
        return visible(item)
    if isinstance(item, ChatCompletionStreamEvent):
        return item.type
    if not isinstance(item, ModelResponseStream):
        return visible(repr(item))
    parts: list[str] = []
    for choice in item.choices:
        thought = choice.delta.get("reasoning_content")
        parts += [THOUGHT + visible(thought)] if thought else []
        parts += [visible(choice.delta.content)] if choice.delta.content else []
        parts += [FINISH + choice.finish_reason] if choice.finish_reason else []
    return "".join(parts) or "()"


TRANSLATION: Final = str.maketrans({" ": SPACE, "\n": BREAK})


def visible(text: str) -> str:
    return text.translate(TRANSLATION)


def plain(name: str) -> str:
    return name.replace(SPACE, " ").replace(BREAK, "\n")
