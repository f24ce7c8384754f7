"""About how many tokens a prompt has, for calls whose provider reports none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rillm.streams.usage import estimate_tokens

if TYPE_CHECKING:
    from collections.abc import Sequence

TOKENS_PER_MESSAGE = 3  # OpenAI's count of what frames a message


def estimate_prompt_tokens(messages: Sequence[Any]) -> int:
    """An estimate from the text of the messages; images and audio are not counted."""
    return sum(TOKENS_PER_MESSAGE + estimate_tokens(text_of(message)) for message in messages)


def text_of(message: Any) -> str:
    """The text of a message: its content, or the text parts of it."""
    content = message.get("content") or ""
    if isinstance(content, str):
        return content
    return "".join(part.get("text") or "" for part in content if hasattr(part, "get"))
