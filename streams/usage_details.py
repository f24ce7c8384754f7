"""What tokens were spent on: OpenAI's details, and what other names say the same."""

from __future__ import annotations

from typing import Any, Final

from pydantic import BaseModel

from rillm.streams.json_values import is_object
from rillm.streams.model import Model


class PromptTokensDetails(Model):
    audio_tokens: int | None = None
    cached_tokens: int | None = None
    image_tokens: int | None = None
    text_tokens: int | None = None
    video_tokens: int | None = None


class CompletionTokensDetails(Model):
    accepted_prediction_tokens: int | None = None
    audio_tokens: int | None = None
    reasoning_tokens: int | None = None
    rejected_prediction_tokens: int | None = None
    text_tokens: int | None = None
    image_tokens: int | None = None
    video_tokens: int | None = None


class ServerToolUse(Model):
    """How often the provider ran a tool of its own."""

    web_search_requests: int | None = None
    tool_search_requests: int | None = None


# Names beside the details, and the detail that they are: Anthropic's, DeepSeek's.
CACHE_NAMES: Final = {
    "cache_read_input_tokens": "cached_tokens",
    "prompt_cache_hit_tokens": "cached_tokens",
    "cache_creation_input_tokens": "cache_creation_tokens",
}


def in_openai_shape(values: dict[str, Any]) -> dict[str, Any]:
    """The fields of a usage without nulls, and with all that is known in its details."""
    usage = {key: value for key, value in values.items() if value is not None}
    reasoning = usage.pop("reasoning_tokens", None)
    cached = {detail: usage[name] for name, detail in CACHE_NAMES.items() if name in usage}
    if cached:
        _put(usage, "prompt_tokens_details", cached)
    if reasoning is not None:
        _put(usage, "completion_tokens_details", {"reasoning_tokens": reasoning})
        _put_text_tokens(usage)
    if is_object(usage.get("server_tool_use")):
        usage["server_tool_use"] = ServerToolUse.model_validate(usage["server_tool_use"])
    return usage


def _put_text_tokens(usage: dict[str, Any]) -> None:
    """What is not reasoning is text, as far as the two numbers tell."""
    total, details = usage.get("completion_tokens"), usage.get("completion_tokens_details")
    if isinstance(total, int) and is_object(details) and isinstance(details.get("reasoning_tokens"), int):
        details.setdefault("text_tokens", max(0, total - details["reasoning_tokens"]))


def _put(usage: dict[str, Any], key: str, known: dict[str, Any]) -> None:
    """Add to the details what they do not say themselves."""
    details: Any = usage.get(key) or {}
    details = details.model_dump(exclude_unset=True) if isinstance(details, BaseModel) else details
    if is_object(details):
        said = {name: value for name, value in details.items() if value is not None}
        usage[key] = {**known, **said}
