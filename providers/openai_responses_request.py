"""The request of OpenAI's Responses: https://platform.openai.com/docs/api-reference/responses/create."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rillm.providers.azure import responses_url
from rillm.providers.openai_responses_input import input_items
from rillm.providers.request import Request, nothing
from rillm.streams.json_values import is_object

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rillm.providers.request import ChatCall

SAME: Final = (
    "parallel_tool_calls", "prompt_cache_key", "prompt_cache_retention", "safety_identifier", "service_tier", "store",
    "temperature", "top_logprobs", "top_p", "user",
)  # fmt: skip
# They go into fields that a caller may fill otherwise as well: see `shared`.
SHARED: Final = ("logprobs", "reasoning_effort", "response_format", "verbosity", "web_search_options")
LOGPROBS: Final = "message.output_text.logprobs"


def encode(call: ChatCall) -> Request:
    """The request of a streamed response."""
    return Request(responses_url(call.provider, call.base, call.api_version), body(call))


def body(call: ChatCall) -> dict[str, Any]:
    """The body.

    Obfuscation, a padding that hides the lengths of tokens from those who watch the network, stays on unless the caller
    says `stream_options={"include_obfuscation": False}`. Usage comes without being asked for.
    """
    has_all = bool(call.params.get("previous_response_id") or call.params.get("conversation"))
    is_stored = call.params.get("store") is not False
    fields = call.translated(
        {
            **dict(zip(SAME, SAME, strict=True)),
            **dict.fromkeys(SHARED, nothing),
            "max_tokens": "max_output_tokens",
            "max_completion_tokens": "max_output_tokens",
            "stream_options": stream_options,
            "tool_choice": lambda choice: {"tool_choice": tool_choice(choice)},
            "tools": lambda tools: {"tools": [tool(one) for one in tools]},
        }
    )
    items = input_items(call.messages, sends_back=not has_all, is_stored=is_stored)
    return {"model": call.model, "input": items, "stream": True, **fields, **shared(call.params, fields)}


def shared(params: Mapping[str, Any], fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that parameters of chat completions share with the format's own of that name."""
    text = {**params.get("text", {})}
    if "response_format" in params:
        text["format"] = flat(params["response_format"])
    if "verbosity" in params:
        text["verbosity"] = params["verbosity"]
    effort: Any = params.get("reasoning_effort") or {}
    reasoning = {**(effort if is_object(effort) else {"effort": effort}), **params.get("reasoning", {})}
    include = [*params.get("include", ())]
    if (params.get("logprobs") or params.get("top_logprobs")) and LOGPROBS not in include:
        include.append(LOGPROBS)
    tools = [*fields.get("tools", ())]
    if "web_search_options" in params:
        tools.append(web_search(params["web_search_options"]))
    found = {"text": text, "reasoning": reasoning, "include": include, "tools": tools}
    return {name: value for name, value in found.items() if value}


def stream_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """Those that the format has."""
    left = {name: value for name, value in options.items() if name != "include_usage"}
    return {"stream_options": left} if left else {}


def flat(value: Any) -> Any:
    """What chat completions nest under its type: `{"type": "function", "function": {"name": "f"}}`.

    >>> flat({"type": "function", "function": {"name": "f"}})
    {'type': 'function', 'name': 'f'}
    """
    kind = value.get("type") if is_object(value) else None
    inner = value.get(kind) if isinstance(kind, str) else None
    if not is_object(inner):
        return value
    return {**{key: item for key, item in value.items() if key != kind}, **inner}


def tool(given: Mapping[str, Any]) -> dict[str, Any]:
    """A tool; the provider's own are passed on. Functions keep to chat completions' default, which is not strict."""
    described: dict[str, Any] = flat({**given})
    if "function" in given:
        described = {"parameters": {"type": "object", "properties": {}}, "strict": False, **described}
    if "format" in described:
        described["format"] = flat(described["format"])
    return described


def tool_choice(choice: Any) -> Any:
    chosen = flat(choice)
    if is_object(chosen) and "tools" in chosen:  # allowed_tools
        return {**chosen, "tools": [flat(one) for one in chosen["tools"]]}
    return chosen


def web_search(options: Mapping[str, Any]) -> dict[str, Any]:
    """Chat completions' search as a tool."""
    return {"type": "web_search", **{name: flat(value) for name, value in options.items()}}
