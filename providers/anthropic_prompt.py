"""OpenAI's messages as Anthropic's prompt: system texts apart, then users and assistants in turn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rillm.providers.anthropic_content import content_blocks
from rillm.providers.anthropic_replay import assistant_blocks
from rillm.streams.errors import BadRequestError

if TYPE_CHECKING:
    from rillm.providers.anthropic_fields import Values
    from rillm.providers.request import ChatCall


def prompt(call: ChatCall) -> tuple[list[Values], list[Values]]:
    """The system texts and the messages.

    System messages go to the top wherever they stand, as in Anthropic's own endpoint for OpenAI's SDK. Messages that
    follow each other in one role become one, so that the results of parallel calls stand together. A `cache_control`
    beside a message's content is that of its last block.

    Raises:
        BadRequestError: a message is of a role that chat completions do not have.
        UnsupportedParamsError: one has content that Anthropic cannot take.
    """
    system: list[Values] = []
    messages: list[Values] = []
    for message in call.messages:
        role, blocks = turn(call, dict(message))
        if message.get("cache_control") and blocks:
            blocks[-1] = {**blocks[-1], "cache_control": message["cache_control"]}
        if role == "system":
            system += blocks
        elif messages and messages[-1]["role"] == role:
            messages[-1]["content"] += blocks
        elif blocks:
            messages.append({"role": role, "content": blocks})
    return system, without_last_space(messages)


def turn(call: ChatCall, message: Values) -> tuple[str, list[Values]]:
    """Whose turn a message belongs to, and its blocks."""
    match message.get("role"):
        case "system" | "developer":
            return "system", content_blocks(call, message.get("content"))
        case "user":
            return "user", content_blocks(call, message.get("content"))
        case "tool":
            return "user", [tool_result(call, message)]
        case "assistant":
            return "assistant", assistant_blocks(call, message)
        case role:
            raise BadRequestError(
                f"{call.provider.name} has no messages of the role {role!r}.", llm_provider=call.provider.name
            )


def tool_result(call: ChatCall, message: Values) -> Values:
    """What came of a call; `is_error` may stand in the message."""
    content: Any = message.get("content")
    return {
        "type": "tool_result",
        "tool_use_id": message.get("tool_call_id"),
        "content": content if isinstance(content, str) else content_blocks(call, content),
        **({"is_error": message["is_error"]} if "is_error" in message else {}),
    }


def without_last_space(messages: list[Values]) -> list[Values]:
    """An answer that the caller has begun must not end with a space: the model goes on after it.

    A text of nothing else is left out, and an answer that was no more than that.
    """
    if not messages or messages[-1]["role"] != "assistant":
        return messages
    content: list[Values] = messages[-1]["content"]
    while content and content[-1].get("type") == "text":
        last = content.pop()
        words = last["text"].rstrip()
        if words:
            content.append({**last, "text": words})
            break
    return messages if content else messages[:-1]
