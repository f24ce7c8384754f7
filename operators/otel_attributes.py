"""What OpenTelemetry is told of a call, as attributes; not public."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from rillm.operators import otel_names as names
from rillm.operators.otel_names import Count
from rillm.streams.json_values import is_array, is_object

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rillm.operators.otel_names import Generation
    from rillm.operators.stopwatch import Stopwatch
    from rillm.operators.tap_end import Ending
    from rillm.streams.response import ModelResponse
    from rillm.streams.usage import Usage

PORTS: Final = {"http": 80, "https": 443}


def of_request(request: Mapping[str, Any]) -> dict[str, Any]:
    """What the arguments of a call tell, by the names of OpenAI's parameters."""
    found = {names.REQUEST[name]: value for name, value in request.items() if name in names.REQUEST}
    attributes: dict[str, Any] = {name: value for name, value in found.items() if isinstance(value, str | int | float)}
    stop: Any = request.get("stop")
    if stop:
        attributes[names.STOP] = [str(one) for one in stop] if is_array(stop) else [str(stop)]
    if request.get("n") not in {None, 1}:
        attributes[names.CHOICE_COUNT] = request["n"]
    form: Any = request.get("response_format")
    if form is not None:
        attributes[names.OUTPUT_TYPE] = "text" if is_object(form) and form.get("type") == "text" else "json"
    return attributes


def of_call(hidden: Mapping[str, Any], model: str | None, error: Exception | None = None) -> dict[str, Any]:
    """Who is asked, as the chunks tell it, else the error."""
    model = model or getattr(error, "model", None)
    provider = hidden.get("custom_llm_provider") or getattr(error, "llm_provider", None)
    attributes = {
        names.PROVIDER: names.PROVIDERS.get(provider, provider) if provider else None,
        names.REQUEST_MODEL: model,
        names.RESPONSE_MODEL: (hidden.get("provider_response_model") or model) if hidden else None,
        **server(hidden.get("api_base") or ""),
    }
    return {name: value for name, value in attributes.items() if value}


def server(url: str) -> dict[str, Any]:
    """Where the provider is.

    >>> server("https://api.openai.com/v1/chat/completions")
    {'server.address': 'api.openai.com', 'server.port': 443}
    """
    parts = urlsplit(url)
    return {names.ADDRESS: parts.hostname, names.PORT: parts.port or PORTS.get(parts.scheme)}


def of_answer(ending: Ending, meter: Stopwatch, generation: Generation, counts: Mapping[Count, int]) -> dict[str, Any]:
    """What came, and how it ended. Cancelled is no error, says OpenTelemetry, so it has an attribute of its own."""
    response = ending.response
    attributes: dict[str, Any] = {
        names.RESPONSE_ID: response and response.id,
        names.FINISH_REASONS: response and finish_reasons(response, generation),
        names.FIRST_CHUNK: meter.first_chunk,
        names.FIRST_TOKEN: meter.first_token,
        names.ERROR_TYPE: type(ending.error).__name__ if ending.error else None,
        names.CANCELLED: ending.cancelled or None,
        **{generation.usage[count]: tokens for count, tokens in counts.items()},
    }
    return {name: value for name, value in attributes.items() if value is not None and value != []}


def finish_reasons(response: ModelResponse, generation: Generation) -> list[str]:
    """Of each choice, in order."""
    missing = "error" if generation.reports_missing_reasons else None
    reasons = [choice.finish_reason or missing for choice in response.choices]
    return [reason for reason in reasons if reason]


def counts_of(usage: Usage | None) -> dict[Count, int]:
    """The tokens that were reported, nothing else."""
    if usage is None:
        return {}
    prompt: Any = usage.prompt_tokens_details or {}
    completion: Any = usage.completion_tokens_details or {}
    told = usage.model_fields_set
    counts = {
        Count.INPUT: usage.prompt_tokens if "prompt_tokens" in told else None,
        Count.OUTPUT: usage.completion_tokens if "completion_tokens" in told else None,
        Count.CACHE_READ: prompt.get("cached_tokens"),
        Count.CACHE_WRITE: prompt.get("cache_creation_tokens"),
        Count.REASONING: completion.get("reasoning_tokens"),
    }
    return {count: tokens for count, tokens in counts.items() if isinstance(tokens, int)}
