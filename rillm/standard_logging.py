"""`standard_logging_object`: a call in one flat dict, by the keys that LiteLLM's loggers read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rillm.streams.response import ModelResponse


def standard_logging_object(
    kwargs: Mapping[str, Any], response: ModelResponse | None, error: BaseException | None
) -> dict[str, Any]:
    """Of a call that is over.

    Args:
        kwargs: what its callbacks get.
        response: all that came.
        error: why it failed, None if it did not.

    Returns:
        JSON values; times are seconds since the epoch, `response_time` is in seconds, `response_cost` in USD.
    """
    start, end, first = kwargs["start_time"], kwargs["end_time"], kwargs["completion_start_time"]
    usage = response.usage if response else None
    metadata = kwargs["litellm_params"]["metadata"]
    return {
        "id": response.id if response else kwargs["litellm_call_id"],
        "trace_id": kwargs["litellm_trace_id"],
        "litellm_call_id": kwargs["litellm_call_id"],
        "call_type": kwargs["call_type"],
        "stream": kwargs["stream"],
        "status": "failure" if error else "success",
        "custom_llm_provider": kwargs["custom_llm_provider"],
        "model": kwargs["model"],
        "model_group": metadata.get("model_group", ""),
        "model_id": "",
        "api_base": kwargs["litellm_params"]["api_base"],
        "messages": kwargs["messages"],
        "response": response.model_dump() if response else None,
        "model_parameters": kwargs["optional_params"],
        "prompt_tokens": usage.prompt_tokens if usage else 0,
        "completion_tokens": usage.completion_tokens if usage else 0,
        "total_tokens": usage.total_tokens if usage else 0,
        "response_cost": kwargs["response_cost"],
        "startTime": start.timestamp(),
        "endTime": end.timestamp(),
        "completionStartTime": first.timestamp(),
        "response_time": (end - start).total_seconds(),
        "cache_hit": kwargs["cache_hit"],
        "metadata": metadata,
        "request_tags": metadata.get("tags", []),
        "end_user": kwargs["user"],
        "hidden_params": dict(response.hidden_params) if response else {},
        "error_str": None if error is None else str(error),
        "error_information": error_information(error),
    }


def error_information(error: BaseException | None) -> dict[str, Any]:
    """The error in words and by its class; empty texts where there is none."""
    return {
        "error_code": str(getattr(error, "status_code", "")) if error else "",
        "error_class": type(error).__name__ if error else "",
        "llm_provider": getattr(error, "llm_provider", ""),
        "error_message": str(error) if error else "",
        "traceback": "",
    }
