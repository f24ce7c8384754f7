"""The parameters of a call: LiteLLM's names in LiteLLM's order, and which of them are not for the provider."""

from __future__ import annotations

from inspect import Parameter, Signature
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

from rillm.providers.request import CREDENTIALS
from rillm.streams.errors import BadRequestError
from rillm.streams.json_values import is_object

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

F = TypeVar("F", bound="Callable[..., Any]")

SHARED: Final = (
    "timeout", "temperature", "top_p", "n", "stream", "stream_options", "stop",
)  # fmt: skip
COMPLETION: Final = (
    "model", "messages", *SHARED, "max_completion_tokens", "max_tokens", "modalities", "prediction", "audio",
    "presence_penalty", "frequency_penalty", "logit_bias", "user", "reasoning_effort", "verbosity", "response_format",
    "seed", "tools", "tool_choice", "logprobs", "top_logprobs", "parallel_tool_calls", "web_search_options",
    "include_server_side_tool_invocations", "deployment_id", "extra_headers", "safety_identifier", "service_tier",
    "store", "prompt_cache_key", "prompt_cache_retention", "functions", "function_call", "base_url", "api_version",
    "api_key", "model_list", "thinking", "shared_session", "enable_json_schema_validation",
)  # fmt: skip
ACOMPLETION: Final = (
    "model", "messages", "functions", "function_call", *SHARED, "max_tokens", "max_completion_tokens", "modalities",
    "prediction", "audio", "presence_penalty", "frequency_penalty", "logit_bias", "user", "response_format", "seed",
    "tools", "tool_choice", "parallel_tool_calls", "logprobs", "top_logprobs", "deployment_id", "reasoning_effort",
    "verbosity", "safety_identifier", "service_tier", "store", "prompt_cache_key", "prompt_cache_retention",
    "base_url", "api_version", "api_key", "model_list", "extra_headers", "thinking", "web_search_options",
    "include_server_side_tool_invocations", "shared_session", "enable_json_schema_validation",
)  # fmt: skip

# What LiteLLM's users pass for its own book-keeping; a provider would answer 400 to it.
NOT_SENT: Final = frozenset({
    "acompletion", "additional_args", "allowed_openai_params", "async_call", "base_model", "cache", "cache_key",
    "caching", "complete_response", "cooldown_time", "custom_prompt_dict", "deployment_id",
    "enable_json_schema_validation", "force_timeout", "guardrails", "hf_model_name", "logger_fn",
    "max_fallbacks", "model_alias_map", "model_info", "model_list", "no-log", "preset_cache_key",
    "proxy_server_request", "region_name", "request_timeout", "retry_policy", "retry_strategy", "rpm", "secret_fields",
    "shared_session", "ssl_verify", "supports_system_message", "tags", "tpm", "ttl", "use_client", "verbose",
})  # fmt: skip
LITELLMS_OWN: Final = ("litellm_", "_litellm_")
# What may hold a secret or is no JSON; callbacks are not shown it.
SECRETS: Final = frozenset(
    {
        "api_key", "extra_headers", "headers", "client", "model_list", "shared_session", *CREDENTIALS,
    }
)  # fmt: skip


def signature(names: Sequence[str]) -> Callable[[F], F]:
    """Show these parameters in `help()` and in a notebook; a call takes them by position, too."""
    kinds = [Parameter(name, Parameter.POSITIONAL_OR_KEYWORD, default=None) for name in names]
    kinds[0] = kinds[0].replace(default=Parameter.empty)
    shown = Signature([*kinds, Parameter("params", Parameter.VAR_KEYWORD)])

    def decorate(function: F) -> F:
        setattr(function, "__signature__", shown)  # noqa: B010 - a function type has no such attribute
        return function

    return decorate


def named(names: Sequence[str], positional: Sequence[Any], params: dict[str, Any]) -> dict[str, Any]:
    """The parameters after `messages`, of which some were given by position.

    Raises:
        TypeError: there are too many, or one was given twice.
    """
    rest = names[2:]
    if len(positional) > len(rest):
        raise TypeError(f"takes at most {len(names)} positional arguments, but {len(positional) + 2} were given")
    by_position = dict(zip(rest, positional, strict=False))
    twice = by_position.keys() & params.keys()
    if twice:
        raise TypeError(f"got multiple values for {', '.join(sorted(twice))}")
    return by_position | params


def without_bookkeeping(params: dict[str, Any]) -> dict[str, Any]:
    """The parameters without those that mean something to LiteLLM alone."""
    return {name: value for name, value in params.items() if name not in NOT_SENT and not name.startswith(LITELLMS_OWN)}


def for_callbacks(params: dict[str, Any]) -> dict[str, Any]:
    """What callbacks may be shown of the parameters: no secrets, nor such within `extra_body`."""
    shown = {name: value for name, value in params.items() if name not in SECRETS and value is not None}
    body: Any = shown.get("extra_body")
    if is_object(body):
        shown["extra_body"] = {name: value for name, value in body.items() if name not in SECRETS}
    return shown


def number(params: dict[str, Any], name: str) -> float | None:
    """Take a number of at least 0 out of the parameters.

    Raises:
        BadRequestError: it is something else.
    """
    value: Any = params.pop(name, None)
    if value is None or (isinstance(value, int | float) and value >= 0):
        return value
    raise BadRequestError(f"{name}= has to be a number of at least 0, not {value!r}.")


def listed(value: Any) -> tuple[Any, ...]:
    """A list that may be given as its only item, or not at all."""
    if value is None:
        return ()
    if isinstance(value, list | tuple | set):
        return tuple(cast("Iterable[Any]", value))
    return (value,)
