"""The request of Anthropic's messages: https://platform.claude.com/docs/en/api/messages/create."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from rillm.providers.anthropic_fields import Values
from rillm.providers.anthropic_prompt import prompt
from rillm.providers.anthropic_thinking import format_fields, thinking_fields, thinking_tokens
from rillm.providers.anthropic_tools import tool_fields
from rillm.providers.request import Request, listed_as, nothing
from rillm.providers.vertex import raw_predict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rillm.providers.request import ChatCall

VERSION: Final = "2023-06-01"
ENDPOINT: Final = "/v1/messages"
DEFAULT_MAX_TOKENS: Final = 4096  # Anthropic demands a limit, and every model allows this one
SERVICE_TIERS: Final[Mapping[str, str]] = {
    "auto": "auto", "default": "standard_only", "standard_only": "standard_only",
}  # fmt: skip
COMPOSED: Final = (
    "tools", "tool_choice", "parallel_tool_calls", "web_search_options", "reasoning_effort", "response_format",
)  # fmt: skip


def encode(call: ChatCall) -> Request:
    """The request of a streamed message."""
    if call.provider.name == "vertex_ai":
        return raw_predict(call, messages_body(call))
    body = {"model": call.model, **messages_body(call), "stream": True}
    return Request(messages_url(call), body, {"anthropic-version": VERSION})


def messages_url(call: ChatCall) -> str:
    """The URL to post to. The base may end in `/v1` or not, or name the endpoint; Azure has it under `/anthropic`."""
    path = urlsplit(call.base).path
    if path.endswith("/messages"):
        return call.base
    on_azure = call.provider.name == "azure" and "/anthropic" not in path
    return call.base.removesuffix("/v1") + ("/anthropic" if on_azure else "") + ENDPOINT


def messages_body(call: ChatCall) -> Values:
    """The body without model, version and streaming, which Vertex and Bedrock are told elsewhere.

    Unless the caller says, `max_tokens` is 4096 and, where the model is to think, the tokens for that on top.

    Raises:
        UnsupportedParamsError: Anthropic cannot do what a parameter asks for.
        BadRequestError: the messages cannot be put as Anthropic's.
    """
    system, messages = prompt(call)
    told = call.translated(words(call))
    thinking, output = thinking_fields(call), Values()
    for fields in (thinking, format_fields(call), told):
        output |= fields.pop("output_config", None) or {}
    body: Values = {"messages": messages, **tool_fields(call), **thinking, **told}
    body |= ({"system": system} if system else {}) | ({"output_config": output} if output else {})
    return {"max_tokens": DEFAULT_MAX_TOKENS + thinking_tokens(body), **body}


def words(call: ChatCall) -> dict[str, Any]:
    """Anthropic's words for OpenAI's parameters."""
    return {
        **dict.fromkeys(COMPOSED, nothing),
        **{name: name for name in ("max_tokens", "temperature", "top_p", "thinking")},
        "max_completion_tokens": "max_tokens",
        "safety_identifier": user_id,
        "service_tier": partial(service_tier, call),
        "stop": listed_as("stop_sequences"),
        "user": user_id,
    }


def service_tier(call: ChatCall, name: str) -> Values:
    """https://platform.claude.com/docs/en/api/service-tiers."""
    if name in SERVICE_TIERS:
        return {"service_tier": SERVICE_TIERS[name]}
    call.unsupported(f"service_tier={name!r}")
    return {}


def user_id(name: str) -> Values:
    """An opaque name of the end user, against abuse."""
    return {"metadata": {"user_id": name}}
