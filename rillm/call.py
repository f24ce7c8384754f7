"""One call: whom to ask, what to send, and the default pipeline that its answer runs through."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import reactivex
from reactivex.scheduler import ImmediateScheduler

from rillm.callbacks import callbacks_of
from rillm.operators.normalize import normalize
from rillm.operators.repeat_guard import repeat_guard
from rillm.prompt import estimate_prompt_tokens
from rillm.providers.formats import format_of
from rillm.providers.openai_request import plain
from rillm.providers.registry import resolve
from rillm.providers.sources import source_of
from rillm.settings import setting
from rillm.streams.errors import BadRequestError
from rillm.streams.stream import Stream, from_source

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reactivex import Observable

    from rillm.callbacks import Listener
    from rillm.operators.operator import Operator
    from rillm.streams.chunk import ModelResponseStream
    from rillm.streams.source import Source

SECRETS = frozenset({"api_key", "extra_headers", "headers", "client"})
CALLBACK_LISTS = {"success": "success_callback", "failure": "failure_callback", "cancel": "cancel_callback"}


@dataclass(frozen=True, slots=True)
class Call:
    """A call that can be made any number of times."""

    source: Source[bytes]
    pipeline: tuple[Operator[Any, Any], ...]
    callbacks: Operator[ModelResponseStream, ModelResponseStream]

    def stream(self, opened: Any = None) -> Stream[ModelResponseStream]:
        """The answer as chunks, through the pipeline: of a new call, or of one that is `opened` already."""
        frames = from_source(opened or self.source, upstream=opened)
        stream: Stream[ModelResponseStream] = frames.pipe(*self.pipeline, self.callbacks)
        return stream

    def tell(self, error: BaseException | None = None) -> None:
        """Tell the callbacks of an error that came before there was a stream, or that nobody read the stream."""
        nothing: Observable[Any] = reactivex.throw(error) if isinstance(error, Exception) else reactivex.never()
        here = ImmediateScheduler.singleton()
        nothing.pipe(self.callbacks).subscribe(on_error=lambda _: None, scheduler=here).dispose()


def prepare(
    model: str,
    messages: Sequence[Any],
    params: dict[str, Any],
    *,
    on_end: Listener | None = None,
    call_type: str = "completion",
) -> Call:
    """Find the provider and build the request and the pipeline. Nothing is sent.

    `on_end` is told how a call ended after the user's callbacks have been.

    Raises:
        BadRequestError: the provider or its address is not known.
        AuthenticationError: it needs a key and there is none.
    """
    params = dict(params)
    messages = plain_messages(messages)
    provider, name = resolve(model, params.pop("custom_llm_provider", None))
    callbacks: dict[str, Any] = {role: params.pop(key, None) or () for role, key in CALLBACK_LISTS.items()}
    pipeline: Sequence[Operator[Any, Any]] | None = params.pop("pipeline", None)
    stream_options: dict[str, Any] = params.get("stream_options") or {}
    hidden: dict[str, Any] = {
        "custom_llm_provider": provider.name,
        "litellm_call_id": params.pop("litellm_call_id", None) or str(uuid.uuid4()),
        "price_provider": provider.prices,
        "response_cost": None,
        "prompt_tokens_estimate": estimate_prompt_tokens(messages),
    }
    details: dict[str, Any] = {
        "model": name,
        "messages": messages,
        "custom_llm_provider": provider.name,
        "litellm_call_id": hidden["litellm_call_id"],
        "call_type": call_type,
        "litellm_params": {"metadata": params.pop("metadata", None) or {}},
        "optional_params": {key: value for key, value in params.items() if key not in SECRETS},
    }
    return Call(
        source_of(provider, name, messages, params),
        (
            normalize(
                format_of(provider.format).decoder,
                model=name,
                hidden_params=hidden,
                include_usage=bool(stream_options.get("include_usage")),
            ),
            *(default_pipeline() if pipeline is None else pipeline),
        ),
        callbacks_of(details, **callbacks, on_end=on_end),
    )


def plain_messages(messages: Any) -> list[Any]:
    """The messages as JSON, whatever objects they were.

    Raises:
        BadRequestError: they are no messages.
    """
    kind = type(messages).__name__
    if hasattr(messages, "__iter__") and not issubclass(type(messages), str | bytes | Mapping):
        plains = [plain(message) for message in messages]
        if all(isinstance(message, dict) for message in plains):
            return plains
    raise BadRequestError(f"messages= has to be a list of messages, not {kind}.")


def default_pipeline() -> Sequence[Operator[Any, Any]]:
    """What chunks run through after `normalize` and before the callbacks, unless the caller says otherwise."""
    return [repeat_guard(lambda: setting("REPEATED_STREAMING_CHUNK_LIMIT"))]
