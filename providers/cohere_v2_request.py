"""The request of Cohere's chat API, version 2: https://docs.cohere.com/reference/chat-stream."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rillm.providers.endpoint import endpoint
from rillm.providers.request import Request, listed_as
from rillm.streams.json_values import is_array, is_object

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rillm.providers.request import ChatCall, Translation

SAME: Final = ("temperature", "seed", "frequency_penalty", "presence_penalty", "max_tokens", "logprobs")
OTHER: Final[Mapping[str, str | Translation]] = {
    "max_completion_tokens": "max_tokens", "top_p": "p", "top_k": "k", "stop": listed_as("stop_sequences"),
}  # fmt: skip
NO_EFFORT: Final = ("none", "disable")
TOOL_CHOICES: Final[Mapping[str, dict[str, Any]]] = {
    "auto": {},
    "none": {"tool_choice": "NONE"},
    "required": {"tool_choice": "REQUIRED"},
}


def encode(call: ChatCall) -> Request:
    """The request of a streamed chat. Parameters of Cohere's own (`documents`, `safety_mode`, …) are sent as they are.

    Raises:
        UnsupportedParamsError: the call has what Cohere does not take.
    """
    body = {
        "model": call.model,
        "messages": [in_cohere_words(call, message) for message in call.messages],
        "stream": True,
        **call.translated(words(call)),
    }
    return Request(endpoint(call.base, "/v2/chat"), body)


def words(call: ChatCall) -> dict[str, str | Translation]:
    """What Cohere calls OpenAI's parameters."""

    def tools(given: list[dict[str, Any]]) -> dict[str, Any]:
        functions = [tool for tool in given if tool.get("type", "function") == "function"]
        if len(functions) < len(given):
            call.unsupported("tools that are not functions")
        strict = any(tool.get("function", {}).get("strict") for tool in functions)
        return {"tools": [without_strict(tool) for tool in functions], **({"strict_tools": True} if strict else {})}

    def tool_choice(choice: Any) -> Mapping[str, Any]:
        if isinstance(choice, str) and choice in TOOL_CHOICES:
            return TOOL_CHOICES[choice]
        call.unsupported(f"tool_choice={choice!r}")
        return {}

    return {
        **{name: name for name in SAME},
        **OTHER,
        "tools": tools,
        "tool_choice": tool_choice,
        "response_format": response_format,
        "thinking": thinking,
        "reasoning_effort": lambda effort: {"thinking": {"type": "disabled" if effort in NO_EFFORT else "enabled"}},
    }


def without_strict(tool: dict[str, Any]) -> dict[str, Any]:
    """A tool without `strict`, which Cohere has for all tools together."""
    return {**tool, "function": {key: value for key, value in tool.get("function", {}).items() if key != "strict"}}


def response_format(given: dict[str, Any]) -> dict[str, Any]:
    """https://docs.cohere.com/docs/structured-outputs."""
    if given.get("type") != "json_schema":
        return {"response_format": given}
    return {"response_format": {"type": "json_object", "json_schema": given["json_schema"].get("schema", {})}}


def thinking(given: dict[str, Any]) -> dict[str, Any]:
    """Anthropic's parameter, as LiteLLM takes it, or Cohere's own."""
    budget = given.get("budget_tokens", given.get("token_budget"))
    return {"thinking": {"type": given.get("type", "enabled"), **({} if budget is None else {"token_budget": budget})}}


def in_cohere_words(call: ChatCall, message: Mapping[str, Any]) -> dict[str, Any]:
    """A message as Cohere takes it."""
    role = message.get("role")
    if role == "assistant":
        return assistant(message)
    said = {"role": "system" if role == "developer" else role, "content": content(call, message.get("content"))}
    return {**said, "tool_call_id": message.get("tool_call_id")} if role == "tool" else said


def assistant(message: Mapping[str, Any]) -> dict[str, Any]:
    """What the model said earlier: with its thoughts, and its plan where it made calls."""
    said: dict[str, Any] = {"role": "assistant"}
    text = message.get("content")
    if thoughts := message.get("reasoning_content"):
        answer: list[Any] = text if is_array(text) else [{"type": "text", "text": text}] if text else []
        text = [{"type": "thinking", "thinking": thoughts}, *answer]
    if text:
        said["content"] = text
    if calls := message.get("tool_calls"):
        said["tool_calls"] = [{key: tool[key] for key in ("id", "type", "function") if key in tool} for tool in calls]
        fields: dict[str, Any] = message.get("provider_specific_fields") or {}
        if fields.get("tool_plan"):
            said["tool_plan"] = fields["tool_plan"]
    return said


def content(call: ChatCall, given: Any) -> Any:
    """Text, or parts of text, images and, from tools, documents."""
    if not is_array(given):
        return given or ""
    return [part for one in given if (part := content_part(call, one)) is not None]


def content_part(call: ChatCall, part: Any) -> Any:
    kind = part.get("type") if is_object(part) else "text"
    if kind == "image_url" and isinstance(part["image_url"], str):
        return {"type": "image_url", "image_url": {"url": part["image_url"]}}
    if kind in {"text", "image_url", "document"}:
        return {"type": "text", "text": part} if isinstance(part, str) else part
    call.unsupported(f"content of the type {kind!r}")
    return None
