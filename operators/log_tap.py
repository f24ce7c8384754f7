"""`log_tap`: one line in the log for each stream, when it is over."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from rillm.operators.cost_tap import cost_of
from rillm.operators.latency import latency_of
from rillm.operators.stopwatch import Stopwatch
from rillm.operators.tap_end import tap_end
from rillm.streams.clock import Clock
from rillm.streams.redaction import message_of
from rillm.streams.stream import Stream

if TYPE_CHECKING:
    from reactivex import Observable, abc

    from rillm.operators.latency import Latency
    from rillm.operators.operator import Operator
    from rillm.operators.tap_end import Ending
    from rillm.streams.chunk import ModelResponseStream
    from rillm.streams.response import ModelResponse

OK, FAILED, CANCELLED = "ok", "failed", "cancelled"


def log_tap(
    *, ok: str | int = "INFO", failed: str | int = "ERROR", cancelled: str | int = "INFO", content: bool = False
) -> Operator[ModelResponseStream, ModelResponseStream]:
    """Log each stream with loguru: one record, at its end, with all that is known of it as fields.

        -a-b-c-|
        [ log_tap() ]
        -a-b-c-|
               INFO  gpt-4o-mini: ok in 7.00 s, 9 tokens in, 3 out, $0.000003

    The record's `extra` has `outcome` ("ok", "failed" or "cancelled"), `model`, `provider`, `response_id`,
    `finish_reason` (of the first choice), `usage` (tokens; `estimated` where the provider reported none), `cost_usd`,
    `latency` (as `rillm.Latency`, in seconds), `error_type` and `error_message`: JSON values, those that are known.
    Fields of your own come from loguru's `logger.contextualize`.

    Nothing that looks like a key is logged, no header, no traceback, and of an error's words the first 500 characters.

    Args:
        ok, failed, cancelled: loguru's levels for streams that ended well, by an error, or because the consumer left.
        content: whether `messages`, what the model said, is a field too.

    >>> import rillm
    >>> from loguru import logger
    >>> sink = logger.add(lambda line: print(line.record["extra"]["outcome"], line.record["extra"]["finish_reason"]))
    >>> for chunk in rillm.stream("mock/gpt-4o-mini", mock_response="Hello").pipe(rillm.log_tap()):
    ...     pass
    ok stop
    >>> logger.remove(sink)
    """
    levels = {OK: ok, FAILED: failed, CANCELLED: cancelled}

    def logged(source: Observable[ModelResponseStream]) -> Stream[ModelResponseStream]:
        def subscribe(
            observer: abc.ObserverBase[ModelResponseStream], scheduler: abc.SchedulerBase | None = None
        ) -> abc.DisposableBase:
            meter = Stopwatch(Clock(scheduler))

            def log(ending: Ending) -> None:
                from loguru import logger  # noqa: PLC0415 - loaded when there is something to say

                fields = fields_of(ending, latency_of(meter))
                if content and ending.response:
                    fields["messages"] = messages_of(ending.response)
                logger.bind(**fields).log(levels[fields["outcome"]], line_of(fields))

            on_next = meter.measured(observer.on_next)
            return source.pipe(tap_end(log)).subscribe(
                on_next, observer.on_error, observer.on_completed, scheduler=scheduler
            )

        return Stream(subscribe)

    return logged


def fields_of(ending: Ending, latency: Latency) -> dict[str, Any]:
    """What is known of a stream that is over, in JSON values."""
    response, error = ending.response, ending.error
    hidden = response.hidden_params if response else {}
    fields = {
        "outcome": CANCELLED if ending.cancelled else FAILED if error else OK,
        "model": (response and response.model) or getattr(error, "model", None) or None,
        "provider": hidden.get("custom_llm_provider") or getattr(error, "llm_provider", None) or None,
        "response_id": response and response.id,
        "finish_reason": response and response.choices[0].finish_reason,
        "usage": response and response.usage.model_dump(exclude_none=True),
        "cost_usd": response and cost_of(response).usd,
        "latency": asdict(latency),
        "error_type": type(error).__name__ if error else None,
        "error_message": message_of(error) if error else None,
    }
    return {name: value for name, value in fields.items() if value is not None}


def messages_of(response: ModelResponse) -> list[dict[str, Any]]:
    return [choice.message.model_dump(exclude_none=True) for choice in response.choices]


def line_of(fields: dict[str, Any]) -> str:
    """The same for a reader in a hurry."""
    usage, cost = fields.get("usage"), fields.get("cost_usd")
    parts = [f"{fields['outcome']} {'in' if fields['outcome'] == OK else 'after'} {fields['latency']['total']:.2f} s"]
    if usage:
        about = "about " if usage.get("estimated") else ""
        parts.append(f"{about}{usage['prompt_tokens']} tokens in, {usage['completion_tokens']} out")
    if cost is not None:
        parts.append(f"${cost:.6f}")
    if "error_type" in fields:
        parts.append(f"{fields['error_type']}: {fields['error_message']}")
    return f"{fields.get('model', 'stream')}: {', '.join(parts)}"
