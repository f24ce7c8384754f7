"""Every LLM completion is a stream.

`rillm` turns a completion into a `reactivex.Observable` of chunks that you compose with operators, and that you can
just as well iterate as a plain generator, `async for`, or watch in a notebook. Its calls are drop-in for LiteLLM's
streaming and async API.
"""

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from rillm.settings import repeat_limit_from_environment

if TYPE_CHECKING:
    from rillm import exceptions
    from rillm.calls import acompletion, completion, stream
    from rillm.chunk_builder import stream_chunk_builder
    from rillm.completion_stream import CompletionStream
    from rillm.custom_logger import CustomLogger
    from rillm.custom_stream_wrapper import CustomStreamWrapper
    from rillm.decoding import decode, from_sse
    from rillm.exceptions import (
        LITELLM_EXCEPTION_TYPES,
        APIConnectionError,
        APIError,
        APIResponseValidationError,
        APIStatusError,
        AuthenticationError,
        BadGatewayError,
        BadRequestError,
        BudgetExceededError,
        ConflictError,
        ContentPolicyViolationError,
        ContextWindowExceededError,
        FrameTooLargeError,
        ImageFetchError,
        InternalServerError,
        InvalidRequestError,
        JSONSchemaValidationError,
        LiteLLMUnknownProvider,
        MidStreamFallbackError,
        MissingExtraError,
        MockException,
        NotFoundError,
        OpenAIError,
        PaymentRequiredError,
        PermissionDeniedError,
        RateLimitError,
        RejectedRequestError,
        RepeatedChunkError,
        RillmError,
        ServiceUnavailableError,
        StreamCancelledError,
        StreamConsumedError,
        StreamDecodeError,
        StreamTruncatedError,
        Timeout,
        UnprocessableEntityError,
        UnsupportedEndpointError,
        UnsupportedParamsError,
    )
    from rillm.logging_object import Logging
    from rillm.mocks import mock_completion
    from rillm.operators.accumulate import accumulate
    from rillm.operators.adaptive_merge import adaptive_merge
    from rillm.operators.budget import budget
    from rillm.operators.cache import cache
    from rillm.operators.callback_tap import callback_tap
    from rillm.operators.choice import choice
    from rillm.operators.continue_with import continue_with
    from rillm.operators.cost_tap import Cost, cost_tap
    from rillm.operators.events import events
    from rillm.operators.fallback_to import fallback_to
    from rillm.operators.hedge import hedge
    from rillm.operators.json_elements import json_elements
    from rillm.operators.latency import Latency, Spread, latency
    from rillm.operators.limit_concurrency import limit_concurrency
    from rillm.operators.limit_tokens import limit_tokens
    from rillm.operators.lines import lines
    from rillm.operators.log_tap import log_tap
    from rillm.operators.loop_guard import loop_guard
    from rillm.operators.majority import majority
    from rillm.operators.map_ordered import map_ordered
    from rillm.operators.merge_reasoning import merge_reasoning
    from rillm.operators.moderate import moderate
    from rillm.operators.normalize import normalize
    from rillm.operators.number_choices import number_choices
    from rillm.operators.operator import Operator
    from rillm.operators.otel_tap import otel_tap
    from rillm.operators.partial_json import Partial, partial_json
    from rillm.operators.progress import progress
    from rillm.operators.reasoning import reasoning
    from rillm.operators.record import record
    from rillm.operators.redact import redact
    from rillm.operators.repeat_guard import repeat_guard
    from rillm.operators.retry_before_first_token import retry_before_first_token
    from rillm.operators.sentences import sentences
    from rillm.operators.share import share
    from rillm.operators.side_by_side import Side, side_by_side
    from rillm.operators.smooth import smooth
    from rillm.operators.split_thinking import split_thinking
    from rillm.operators.stop_at import stop_at
    from rillm.operators.store import Store
    from rillm.operators.tap_end import Ending, tap_end
    from rillm.operators.text import text
    from rillm.operators.timeouts import timeouts
    from rillm.operators.to_sse import to_sse
    from rillm.operators.tool_calls import tool_calls
    from rillm.operators.usage import usage
    from rillm.operators.words import words
    from rillm.replaying import replay
    from rillm.response_iterators import ModelResponseListIterator
    from rillm.router import Router
    from rillm.streams.budget import Budget
    from rillm.streams.chunk import Delta, ModelResponseStream, StreamingChoices
    from rillm.streams.combine import combine_latest, concat, merge, of, race, zip  # noqa: A004 - Rx's name
    from rillm.streams.from_iterable import from_iterable
    from rillm.streams.response import Choices, Message, ModelResponse
    from rillm.streams.retraction import is_retraction, retraction
    from rillm.streams.slots import Slots
    from rillm.streams.stream import Stream, as_stream
    from rillm.streams.usage import Usage

__all__ = [
    "LITELLM_EXCEPTION_TYPES",
    "REPEATED_STREAMING_CHUNK_LIMIT",
    "APIConnectionError",
    "APIError",
    "APIResponseValidationError",
    "APIStatusError",
    "AuthenticationError",
    "BadGatewayError",
    "BadRequestError",
    "Budget",
    "BudgetExceededError",
    "Choices",
    "CompletionStream",
    "ConflictError",
    "ContentPolicyViolationError",
    "ContextWindowExceededError",
    "Cost",
    "CustomLogger",
    "CustomStreamWrapper",
    "Delta",
    "Ending",
    "FrameTooLargeError",
    "ImageFetchError",
    "InternalServerError",
    "InvalidRequestError",
    "JSONSchemaValidationError",
    "Latency",
    "LiteLLMUnknownProvider",
    "Logging",
    "Message",
    "MidStreamFallbackError",
    "MissingExtraError",
    "MockException",
    "ModelResponse",
    "ModelResponseListIterator",
    "ModelResponseStream",
    "NotFoundError",
    "OpenAIError",
    "Operator",
    "Partial",
    "PaymentRequiredError",
    "PermissionDeniedError",
    "RateLimitError",
    "RejectedRequestError",
    "RepeatedChunkError",
    "RillmError",
    "Router",
    "ServiceUnavailableError",
    "Side",
    "Slots",
    "Spread",
    "Store",
    "Stream",
    "StreamCancelledError",
    "StreamConsumedError",
    "StreamDecodeError",
    "StreamTruncatedError",
    "StreamingChoices",
    "Timeout",
    "UnprocessableEntityError",
    "UnsupportedEndpointError",
    "UnsupportedParamsError",
    "Usage",
    "accumulate",
    "acompletion",
    "adaptive_merge",
    "as_stream",
    "budget",
    "cache",
    "callback_tap",
    "callbacks",
    "cancel_callback",
    "choice",
    "combine_latest",
    "completion",
    "concat",
    "continue_with",
    "cost_tap",
    "decode",
    "drop_params",
    "events",
    "exceptions",
    "failure_callback",
    "fallback_to",
    "from_iterable",
    "from_sse",
    "hedge",
    "input_callback",
    "is_retraction",
    "json_elements",
    "latency",
    "limit_concurrency",
    "limit_tokens",
    "lines",
    "log_tap",
    "loop_guard",
    "majority",
    "map_ordered",
    "merge",
    "merge_reasoning",
    "mock_completion",
    "moderate",
    "normalize",
    "num_retries",
    "number_choices",
    "of",
    "otel_tap",
    "partial_json",
    "progress",
    "race",
    "reasoning",
    "record",
    "redact",
    "repeat_guard",
    "replay",
    "request_timeout",
    "retraction",
    "retry_before_first_token",
    "sentences",
    "share",
    "side_by_side",
    "smooth",
    "split_thinking",
    "stop_at",
    "stream",
    "stream_chunk_builder",
    "success_callback",
    "tap_end",
    "text",
    "timeouts",
    "to_sse",
    "tool_calls",
    "usage",
    "words",
    "zip",
]

# Where the public names live; the others are errors. They are loaded when they are first asked for, so that
# `import rillm` costs nothing.
HOMES: Final[dict[str, tuple[str, ...]]] = {
    "rillm.calls": ("acompletion", "completion", "stream"),
    "rillm.chunk_builder": ("stream_chunk_builder",),
    "rillm.completion_stream": ("CompletionStream",),
    "rillm.custom_logger": ("CustomLogger",),
    "rillm.custom_stream_wrapper": ("CustomStreamWrapper",),
    "rillm.decoding": ("decode", "from_sse"),
    "rillm.logging_object": ("Logging",),
    "rillm.mocks": ("mock_completion",),
    "rillm.operators.accumulate": ("accumulate",),
    "rillm.operators.adaptive_merge": ("adaptive_merge",),
    "rillm.operators.budget": ("budget",),
    "rillm.operators.cache": ("cache",),
    "rillm.operators.callback_tap": ("callback_tap",),
    "rillm.operators.choice": ("choice",),
    "rillm.operators.continue_with": ("continue_with",),
    "rillm.operators.cost_tap": ("Cost", "cost_tap"),
    "rillm.operators.events": ("events",),
    "rillm.operators.fallback_to": ("fallback_to",),
    "rillm.operators.hedge": ("hedge",),
    "rillm.operators.json_elements": ("json_elements",),
    "rillm.operators.latency": ("Latency", "Spread", "latency"),
    "rillm.operators.limit_concurrency": ("limit_concurrency",),
    "rillm.operators.limit_tokens": ("limit_tokens",),
    "rillm.operators.lines": ("lines",),
    "rillm.operators.log_tap": ("log_tap",),
    "rillm.operators.loop_guard": ("loop_guard",),
    "rillm.operators.majority": ("majority",),
    "rillm.operators.map_ordered": ("map_ordered",),
    "rillm.operators.merge_reasoning": ("merge_reasoning",),
    "rillm.operators.moderate": ("moderate",),
    "rillm.operators.normalize": ("normalize",),
    "rillm.operators.number_choices": ("number_choices",),
    "rillm.operators.operator": ("Operator",),
    "rillm.operators.otel_tap": ("otel_tap",),
    "rillm.operators.partial_json": ("Partial", "partial_json"),
    "rillm.operators.progress": ("progress",),
    "rillm.operators.reasoning": ("reasoning",),
    "rillm.operators.record": ("record",),
    "rillm.operators.redact": ("redact",),
    "rillm.operators.repeat_guard": ("repeat_guard",),
    "rillm.operators.retry_before_first_token": ("retry_before_first_token",),
    "rillm.operators.sentences": ("sentences",),
    "rillm.operators.share": ("share",),
    "rillm.operators.side_by_side": ("Side", "side_by_side"),
    "rillm.operators.smooth": ("smooth",),
    "rillm.operators.split_thinking": ("split_thinking",),
    "rillm.operators.stop_at": ("stop_at",),
    "rillm.operators.store": ("Store",),
    "rillm.operators.tap_end": ("Ending", "tap_end"),
    "rillm.operators.text": ("text",),
    "rillm.operators.timeouts": ("timeouts",),
    "rillm.operators.to_sse": ("to_sse",),
    "rillm.operators.tool_calls": ("tool_calls",),
    "rillm.operators.usage": ("usage",),
    "rillm.operators.words": ("words",),
    "rillm.replaying": ("replay",),
    "rillm.response_iterators": ("ModelResponseListIterator",),
    "rillm.router": ("Router",),
    "rillm.streams.budget": ("Budget",),
    "rillm.streams.chunk": ("Delta", "ModelResponseStream", "StreamingChoices"),
    "rillm.streams.combine": ("combine_latest", "concat", "merge", "of", "race", "zip"),
    "rillm.streams.from_iterable": ("from_iterable",),
    "rillm.streams.response": ("Choices", "Message", "ModelResponse"),
    "rillm.streams.retraction": ("is_retraction", "retraction"),
    "rillm.streams.slots": ("Slots",),
    "rillm.streams.stream": ("Stream", "as_stream"),
    "rillm.streams.usage": ("Usage",),
}

SUBMODULES: Final = ("drop_in", "exceptions", "stream_events", "testing", "types")

# The public settings; an assignment (`rillm.success_callback = [...]`) counts from the next call on.

REPEATED_STREAMING_CHUNK_LIMIT: int = repeat_limit_from_environment()
"""How often the same text may come in a row before a stream fails."""

success_callback: list[Callable[..., Any]] = []
"""Called as `f(kwargs, response, start_time, end_time)` when a call has ended well; `kwargs["response_cost"]`: USD."""

failure_callback: list[Callable[..., Any]] = []
"""Called in the same way when a call has failed; `kwargs["exception"]` is the error, `response` what had come."""

cancel_callback: list[Callable[..., Any]] = []
"""Called in the same way when the consumer has left a stream; if empty, `failure_callback` is."""

input_callback: list[Callable[..., Any]] = []
"""Called as `f(kwargs)` before a request is sent."""

callbacks: list[Any] = []
"""`CustomLogger` objects, which are told of everything."""

num_retries: int | None = None
"""How often a call is made again after an error that may pass, where the call itself does not say; None: 2."""

request_timeout: float | None = None
"""Seconds that a read may take, where the call has no `timeout`; None: 600."""

drop_params: bool = False
"""Whether parameters that a provider does not support are left out instead of being an error."""

# LiteLLM's names for callbacks that are coroutine functions; here they may stand in the lists above as well.
_async_input_callback: list[Callable[..., Any]] = []
_async_success_callback: list[Callable[..., Any]] = []
_async_failure_callback: list[Callable[..., Any]] = []


def __getattr__(name: str) -> Any:
    if name in SUBMODULES:
        value: Any = import_module(f"rillm.{name}")
    elif name == "__version__":
        value = import_module("importlib.metadata").version("rillm")
    else:
        if name not in __all__:
            raise AttributeError(f"module 'rillm' has no attribute {name!r}")
        home = next((home for home, names in HOMES.items() if name in names), "rillm.exceptions")
        value = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
