"""A target: one provider's model, and the request that is made of the caller's parameters for it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import reactivex

from rillm.operators.normalize import normalize
from rillm.operators.timeouts import timeouts
from rillm.parameters import listed, number, without_bookkeeping
from rillm.providers.openai_request import plain
from rillm.providers.request import CREDENTIALS
from rillm.providers.resolve import resolve
from rillm.providers.sources import source_of
from rillm.settings import setting
from rillm.streams.errors import BadRequestError
from rillm.streams.stream import Stream, as_stream, from_source

if TYPE_CHECKING:
    from collections.abc import Callable

    from rillm.call_record import Record
    from rillm.operators.operator import Operator
    from rillm.streams.chunk import ModelResponseStream
    from rillm.streams.source import Source

# What belongs to one provider: a fallback to another one must not be sent it.
OF_ONE_PROVIDER: Final = (
    "api", "api_key", "api_base", "base_url", "api_version", "headers", "extra_headers", "extra_body",
    *CREDENTIALS,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a try may take, in seconds; None for no limit. `deadline` is a time of `time.monotonic()`."""

    first_token: float | None = None
    idle: float | None = None
    deadline: float | None = None

    @classmethod
    def of_call(cls, params: dict[str, Any]) -> Limits:
        """Take them out of the parameters of a call that begins now."""
        total = number(params, "total_timeout")
        return cls(
            number(params, "first_token_timeout"),
            number(params, "idle_timeout"),
            None if total is None else time.monotonic() + total,
        )

    def left(self) -> float | None:
        """Seconds until the deadline."""
        return None if self.deadline is None else max(0.0, self.deadline - time.monotonic())

    def to_begin(self) -> float | None:
        """Seconds that the provider may take to begin its answer."""
        limits = [limit for limit in (self.first_token, self.left()) if limit is not None]
        return min(limits, default=None)


@dataclass(frozen=True, slots=True)
class Target:
    """Whom to ask, and how."""

    model: str
    provider: str
    source: Source[bytes]
    normalized: Operator[bytes, ModelResponseStream]
    hidden: dict[str, Any]
    limits: Limits

    def chunks(self, source: Source[bytes], opened: Any = None, spent: float = 0.0) -> Stream[ModelResponseStream]:
        """The answer as chunks.

        Args:
            source: the target's, or one around it.
            opened: what closes the response that is open already, if any.
            spent: seconds that it took to open it.
        """
        chunks = from_source(source, upstream=opened).pipe(self.normalized)
        limits = self.limits
        if limits == Limits():
            return chunks
        first = None if limits.first_token is None else max(0.0, limits.first_token - spent)

        def limited(_: object) -> Stream[ModelResponseStream]:
            return chunks.pipe(timeouts(first_token=first, idle=limits.idle, total=limits.left()))

        return as_stream(reactivex.defer(limited))


def target_of(model: str, record: Record, params: dict[str, Any], limits: Limits) -> Target:
    """Find the provider and build the request. Nothing is sent.

    Raises:
        BadRequestError: the provider or its address is not known.
        AuthenticationError: it needs a key and there is none.
    """
    params = dict(params)
    provider, name = resolve(model, params.pop("custom_llm_provider", None))
    rates = [params.pop(rate, None) for rate in ("input_cost_per_token", "output_cost_per_token")]
    stream_options: dict[str, Any] = params.get("stream_options") or {}
    hidden: dict[str, Any] = {
        **record.hidden_params(provider.name, provider.prices),
        "litellm_model_name": model,
        "rates": None if rates == [None, None] else rates,
    }
    source, format_, name = source_of(
        provider,
        name,
        record.messages,
        with_timeout(params, stream=record.stream),
        on_headers=hidden["additional_headers"].update,
        to_begin=limits.to_begin,
    )
    hidden["api_base"] = record.api_base = getattr(source, "url", "")
    record.model, record.provider, record.hidden = name, provider.name, hidden
    include_usage = bool(stream_options.get("include_usage"))
    return Target(
        name,
        provider.name,
        source,
        normalize(format_.decoder, model=name, hidden_params=hidden, include_usage=include_usage),
        hidden,
        limits,
    )


def with_timeout(params: dict[str, Any], *, stream: bool) -> dict[str, Any]:
    """The parameters that are sent or say how. `stream_timeout` is the timeout of streams, as in LiteLLM's router."""
    params = without_bookkeeping(params)
    stream_timeout = params.pop("stream_timeout", None)
    if stream and stream_timeout is not None:
        params["timeout"] = stream_timeout
    if params.get("timeout") is None and setting("request_timeout") is not None:
        params["timeout"] = setting("request_timeout")
    dropped = params.pop("additional_drop_params", None) or ()
    params.setdefault("drop_params", setting("drop_params"))
    return {name: value for name, value in params.items() if name not in dropped}


def fallback(one: str | Mapping[str, Any], model: str, params: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """Model and parameters of a fallback: a name, or a dict of what is different with it.

    Key, address and headers of the call are for its own provider; another one gets those of its dict or environment.
    """
    changes = {"model": one} if isinstance(one, str) else dict(one)
    other = str(changes.pop("model", model))
    same = dict(params)
    if provider_of(other, changes) not in {"", provider_of(model, params)}:
        for name in ("custom_llm_provider", *OF_ONE_PROVIDER):
            same.pop(name, None)
    return other, same | changes


def provider_of(model: str, params: Mapping[str, Any]) -> str:
    """The provider's name, "" where there is none."""
    try:
        return resolve(model, params.get("custom_llm_provider"))[0].name
    except BadRequestError:
        return ""


def targets_of(model: str, record: Record, params: dict[str, Any], limits: Limits) -> list[Callable[[], Target]]:
    """How to make each target: of `model`, then of the fallbacks."""
    plans = plans_of(model, params)
    return [lambda plan=plan: target_of(plan[0], record, plan[1], limits) for plan in plans]  # type: ignore[misc]


def plans_of(model: str, params: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Model and parameters of each target; the fallbacks are taken out of `params`."""
    fallbacks = listed(params.pop("fallbacks", None))
    return [(model, params), *(fallback(one, model, params) for one in fallbacks)]


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
