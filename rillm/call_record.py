"""What is known of one call, as its callbacks are told it: LiteLLM's `kwargs` and `standard_logging_object`."""

from __future__ import annotations

import traceback
import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from rillm.listeners import Event, Kind
from rillm.operators.cost_tap import cost_of
from rillm.parameters import for_callbacks
from rillm.prompt import estimate_prompt_tokens
from rillm.standard_logging import standard_logging_object
from rillm.streams.errors import StreamCancelledError

if TYPE_CHECKING:
    from rillm.operators.tap_end import Ending
    from rillm.streams.chunk import ModelResponseStream


def kind_of(ending: Ending) -> Kind:
    """What the end of a call is called."""
    return Kind.CANCEL if ending.cancelled else Kind.SUCCESS if ending.error is None else Kind.FAILURE


def now() -> datetime:
    """LiteLLM's times are naive."""
    return datetime.now()  # noqa: DTZ005 - as above


@dataclass(slots=True)
class Record:
    """One call: what was asked, of whom, and when.

    Attributes:
        model, provider: of the target that is being asked; a fallback changes them.
        hidden: the `_hidden_params` of its chunks.
    """

    messages: list[Any]
    params: dict[str, Any]
    call_type: str
    stream: bool
    metadata: dict[str, Any] = field(init=False)
    call_id: str = field(init=False)
    trace_id: str = field(init=False)
    model: str = ""
    provider: str = ""
    api_base: str = ""
    hidden: dict[str, Any] = field(default_factory=dict[str, Any])
    started: datetime = field(default_factory=now)
    asked: datetime | None = None
    first_chunk_at: datetime | None = None
    _shown: dict[str, Any] | None = None

    def __post_init__(self) -> None:
        """Take out of `params` what is for callbacks alone."""
        self.metadata = self.params.pop("metadata", None) or {}
        self.call_id = self.params.pop("litellm_call_id", None) or str(uuid.uuid4())
        self.trace_id = self.params.pop("litellm_trace_id", None) or str(uuid.uuid4())

    def hidden_params(self, provider: str, prices: str | None) -> dict[str, Any]:
        """The `_hidden_params` of an answer of `provider`, before it has come; `prices` is its name in price tables."""
        return {
            "custom_llm_provider": provider,
            "litellm_call_id": self.call_id,
            "model_id": None,
            "price_provider": prices,
            "response_cost": None,
            "additional_headers": {},
            "prompt_tokens_estimate": estimate_prompt_tokens(self.messages),
        }

    def before(self) -> Event:
        """The request is about to be sent."""
        self.asked = self.asked or now()
        return Event(Kind.PRE, self._kwargs(Kind.PRE, None), None, self.started, None)

    def begun(self) -> Event:
        """Its answer has begun."""
        return Event(Kind.POST, self._kwargs(Kind.POST, None), None, self.started, None)

    def chunk(self, chunk: ModelResponseStream) -> Event:
        """A chunk has come."""
        moment = now()
        self.first_chunk_at = self.first_chunk_at or moment
        return Event(Kind.STREAM, self._kwargs(Kind.STREAM, moment), chunk, self.started, moment)

    def ended(self, ending: Ending) -> Event:
        """The call is over."""
        kind = kind_of(ending)
        moment = now()
        self.first_chunk_at = ending.first_chunk_at or self.first_chunk_at
        kwargs = self._kwargs(kind, moment)
        response = ending.response
        error = ending.error
        if ending.cancelled:
            error = StreamCancelledError("The consumer left before the stream had ended.")
        kwargs["response_cost"] = 0.0 if response is None else response.hidden_params.get("response_cost")
        if error is None and self.stream:
            name = "complete_streaming_response"
            kwargs |= {name: response, f"async_{name}": response}
        if error is not None:
            kwargs["exception"] = error
            kwargs["traceback_exception"] = "".join(traceback.format_exception_only(error))
            kwargs["combined_usage_object"] = None if response is None else response.usage
        kwargs["standard_logging_object"] = standard_logging_object(kwargs, response, error)
        return Event(kind, kwargs, response, self.started, moment)

    def settle(self, ending: Ending) -> None:
        """Leave cost and duration in the `_hidden_params` of what came."""
        if ending.response is not None:
            cost_of(ending.response)
            milliseconds = (now() - self.started).total_seconds() * 1000
            ending.response.hidden_params["_response_ms"] = milliseconds

    def _kwargs(self, kind: Kind, moment: datetime | None) -> dict[str, Any]:
        if self._shown is None:  # once, for one event comes with each chunk
            self._shown = for_callbacks(self.params)
        shown = self._shown
        return {
            **shown,
            "model": self.model,
            "messages": self.messages,
            "input": self.messages,
            "optional_params": {**shown},
            "litellm_params": {
                "metadata": self.metadata,
                "api_base": self.api_base,
                "custom_llm_provider": self.provider,
                "acompletion": self.call_type == "acompletion",
            },
            "stream": self.stream,
            "stream_options": self.params.get("stream_options"),
            "user": self.params.get("user"),
            "api_key": None,  # a secret
            "original_response": "",
            "additional_args": {"api_base": self.api_base},
            "log_event_type": kind.value,
            "call_type": self.call_type,
            "litellm_call_id": self.call_id,
            "litellm_trace_id": self.trace_id,
            "custom_llm_provider": self.provider,
            "start_time": self.started,
            "end_time": moment,
            "completion_start_time": self.first_chunk_at or moment,
            "api_call_start_time": self.asked or self.started,
            "first_api_call_start_time": self.asked or self.started,
            "llm_api_duration_ms": (moment - (self.asked or self.started)).total_seconds() * 1000 if moment else None,
            "cache_hit": None,
            "response_cost": None,
            "standard_callback_dynamic_params": {},
            "applied_guardrails": [],
            "extra_body": shown.get("extra_body") or {},
            "model_id": None,
            "response_headers": self.hidden.get("additional_headers") or {},
            "zero_cost_diagnostic": None,
        }
