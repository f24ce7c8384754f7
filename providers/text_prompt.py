"""A prompt in text, for formats that take no messages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rillm.streams.json_values import is_array, is_object

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rillm.providers.request import ChatCall


def prompt_of(call: ChatCall) -> Any:
    """The parameter `prompt` as it is or, without one, the messages as text.

    Models of such formats continue a text, and know of no roles. A single message of the user's is that text; several
    messages become a transcript, after which the model speaks:

        System: Be brief.

        User: Hi

        Assistant:

    Raises:
        UnsupportedParamsError: the messages have more than text.
    """
    if "prompt" in call.params:
        return call.params["prompt"]
    if [message.get("role") for message in call.messages] == ["user"]:
        return text_of(call, call.messages[0])
    turns = [f"{speaker(message)}: {text_of(call, message)}" for message in call.messages]
    return "\n\n".join([*turns, "Assistant:"])


def speaker(message: Mapping[str, Any]) -> str:
    role = str(message.get("role") or "user")
    return "System" if role == "developer" else role.capitalize()


def text_of(call: ChatCall, message: Mapping[str, Any]) -> str:
    """What a message says, if that is all there is of it."""
    if message.get("tool_calls") or message.get("role") == "tool":
        call.unsupported("tools in a format that takes a prompt")
    content = message.get("content")
    parts: Sequence[Any] = content if is_array(content) else [content or ""]
    return "".join(text_of_part(call, part) for part in parts)


def text_of_part(call: ChatCall, part: Any) -> str:
    if isinstance(part, str):
        return part
    if is_object(part) and part.get("type") == "text":
        return str(part.get("text") or "")
    call.unsupported("anything but text in a format that takes a prompt")
    return ""
