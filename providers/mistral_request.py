"""The request of Mistral, whose answers are OpenAI's chunks: https://docs.mistral.ai/api/endpoint/chat.

It forbids what it does not know, in the body and in messages, with a 422.
"""

from __future__ import annotations

import re
from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from rillm.providers.openai_request import encode as encode_as_openai
from rillm.streams.json_values import is_array, is_object

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rillm.providers.request import ChatCall, Request, Translation

SAME: Final = (
    "frequency_penalty", "max_tokens", "n", "parallel_tool_calls", "prediction", "presence_penalty", "prompt_cache_key",
    "reasoning_effort", "response_format", "stop", "temperature", "tools", "top_p",
)  # fmt: skip
IN_MESSAGES: Final = ("role", "content", "prefix")
CALL_ID: Final = re.compile("[a-zA-Z0-9]{9}")


def encode(call: ChatCall) -> Request:
    """The request of a streamed chat completion. Parameters of Mistral's own (`safe_prompt`, …) are sent as they are.

    Raises:
        UnsupportedParamsError: the call has what Mistral does not take.
    """
    messages = [in_mistral_words(message) for message in call.messages]
    return encode_as_openai(replace(call, messages=messages, params=call.translated(WORDS)))


def tool_choice(choice: Any) -> dict[str, Any]:
    return {"tool_choice": "any" if choice == "required" else choice}


WORDS: Final[Mapping[str, str | Translation]] = {
    **{name: name for name in SAME},
    "max_completion_tokens": "max_tokens",
    "seed": "random_seed",
    "tool_choice": tool_choice,
}


def in_mistral_words(message: Mapping[str, Any]) -> dict[str, Any]:
    """A message with the fields that Mistral knows; earlier thoughts are a part of the content."""
    said = {name: message[name] for name in IN_MESSAGES if message.get(name) is not None}
    role = message.get("role")
    if role == "developer":
        said["role"] = "system"
    if is_array(said.get("content")):
        said["content"] = [content_part(part) for part in said["content"]]
    if role == "assistant" and message.get("reasoning_content"):
        thoughts = {"type": "thinking", "thinking": [{"type": "text", "text": message["reasoning_content"]}]}
        said["content"] = [thoughts, *as_parts(said.get("content"))]
    if role == "tool":
        named = {"name": message["name"]} if message.get("name") else {}
        said |= {"tool_call_id": call_id(message.get("tool_call_id")), **named}
    if message.get("tool_calls"):
        said["tool_calls"] = [called(tool) for tool in message["tool_calls"]]
    return said


def content_part(part: Any) -> Any:
    """Audio is the data alone."""
    if is_object(part) and part.get("type") == "input_audio" and is_object(part.get("input_audio")):
        return {"type": "input_audio", "input_audio": part["input_audio"].get("data")}
    return part


def as_parts(content: Any) -> list[Any]:
    return content if is_array(content) else [{"type": "text", "text": content}] if content else []


def called(tool: Mapping[str, Any]) -> dict[str, Any]:
    return {"id": call_id(tool.get("id")), "type": "function", "function": tool.get("function")}


def call_id(id_: Any) -> str:
    """Nine letters or digits, as Mistral wants it: what another provider made up becomes such, always the same one."""
    text = str(id_ or "")
    return text if CALL_ID.fullmatch(text) else sha256(text.encode()).hexdigest()[:9]
