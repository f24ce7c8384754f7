"""The request of an interaction: https://ai.google.dev/gemini-api/docs/interactions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rillm.providers.gemini_messages import SYSTEM, parts_of, signature_of
from rillm.providers.gemini_request import LEVELS, base_of
from rillm.providers.gemini_tools import choice_of
from rillm.providers.request import Request, listed_as, nothing
from rillm.providers.tool_arguments import arguments_of
from rillm.streams.json_values import is_object, objects_in

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from rillm.providers.request import ChatCall, Translation

REVISION: Final = {"Api-Revision": "2026-05-20"}  # whose events are those of the decoder
CONFIG: Final = frozenset({
    "max_output_tokens", "seed", "stop_sequences", "temperature", "thinking_level", "thinking_summaries", "tool_choice",
    "top_p",
})  # fmt: skip


def encode(call: ChatCall) -> Request:
    """The request of a streamed interaction. Nothing of it is kept by Google unless `store` says so."""
    system = [part for message in call.messages if message.get("role") in SYSTEM for part in content_of(message)]
    body: dict[str, Any] = {"model": call.model, "stream": True, "store": False}
    body["input"] = [step for message in call.messages for step in steps_of(message)]
    if system:
        body["system_instruction"] = "\n\n".join(part.get("text", "") for part in system)
    config: dict[str, Any] = {}
    for name, value in call.translated(words()).items():
        (config if name in CONFIG else body)[name] = value
    if config:
        body["generation_config"] = config
    return Request(f"{base_of(call)}/interactions", body, REVISION)


def words() -> dict[str, str | Translation]:
    return {
        "temperature": "temperature",
        "top_p": "top_p",
        "seed": "seed",
        "max_tokens": "max_output_tokens",
        "max_completion_tokens": "max_output_tokens",
        "stop": listed_as("stop_sequences"),
        "reasoning_effort": lambda effort: {
            "thinking_level": LEVELS.get(effort, "high"),
            "thinking_summaries": "none" if effort == "none" else "auto",
        },
        "tools": lambda tools: {"tools": [tool_of(tool) for tool in objects_in(tools)]},
        "tool_choice": tool_choice,
        "response_format": response_format,
        "modalities": "response_modalities",
        "store": "store",
        "user": nothing,
    }


def steps_of(message: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """A message as steps; system messages are none."""
    role, content = message.get("role"), content_of(message)
    if role == "tool":
        yield {"type": "function_result", "call_id": message.get("tool_call_id"), "result": content}
    elif content and role not in SYSTEM:
        yield {"type": "model_output" if role == "assistant" else "user_input", "content": content}
    for call in objects_in(message.get("tool_calls")):
        function: dict[str, Any] = call.get("function") or {}
        step = {"type": "function_call", "id": call.get("id"), "name": function.get("name")}
        signature = signature_of(call)
        yield {**step, "arguments": arguments_of(function), **({"signature": signature} if signature else {})}


def content_of(message: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [content_part(part) for part in parts_of(message.get("content"))]


def content_part(part: dict[str, Any]) -> dict[str, Any]:
    """A part of generateContent's as one of an interaction."""
    if "text" in part:
        return {"type": "text", "text": part["text"]}
    media = part.get("inlineData") or part["fileData"]
    kind = str(media.get("mimeType", "image/*"))
    family = kind.partition("/")[0]
    place = {"data": media["data"]} if "data" in media else {"uri": media["fileUri"]}
    known = {} if kind.endswith("*") else {"mime_type": kind}
    return {"type": family if family in {"image", "audio", "video"} else "document", **place, **known}


def tool_of(tool: dict[str, Any]) -> dict[str, Any]:
    function = tool.get("function")
    if not is_object(function):
        return tool
    return {
        "type": "function",
        **{key: function[key] for key in ("name", "description", "parameters") if key in function},
    }


def tool_choice(choice: Any) -> dict[str, Any]:
    config = choice_of(choice)["functionCallingConfig"]
    mode, names = config["mode"].lower(), config.get("allowedFunctionNames")
    return {"tool_choice": {"allowed_tools": {"mode": mode, "tools": names}} if names else mode}


def response_format(wanted: Any) -> dict[str, Any]:
    if wanted.get("type") == "text":
        return {}
    named: Any = wanted.get("json_schema") or {}
    schema = named.get("schema")
    text: dict[str, Any] = {"type": "text", "mime_type": "application/json", **({"schema": schema} if schema else {})}
    return {"response_format": [text]}
