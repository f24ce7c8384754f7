"""`latency`: see how long a stream let its consumer wait."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING

from rillm.operators.at_the_end import at_the_end
from rillm.operators.stopwatch import Stopwatch
from rillm.operators.tap_end import isolated
from rillm.streams.clock import Clock
from rillm.streams.stream import Stream

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from reactivex import Observable, abc

    from rillm.operators.operator import Operator
    from rillm.streams.chunk import ModelResponseStream


@dataclass(frozen=True, slots=True)
class Spread:
    """How long several waits were, in seconds.

    Attributes:
        count: how many.
        mean, max: of all.
        p50, p95: percentiles by nearest rank: each is one of the waits.
    """

    count: int
    mean: float
    p50: float
    p95: float
    max: float


@dataclass(frozen=True, slots=True)
class Latency:
    """How long a stream let its consumer wait, in seconds.

    Attributes:
        first_chunk: for the first chunk, whatever is in it; None if none came.
        first_token: for the first text, reasoning, refusal or piece of a tool call; a role is none, a ping no chunk.
        inter_token: after one chunk that says something for the next; None without a second one.
        total: from the subscription to the end; of this not only the waiting is counted.
        consumer: the part of `total` in which nothing was waited for.
        tokens: of the answer; without thoughts that were not shown.
        tokens_per_second: of the tokens after the first moment. None where there are none, or where the consumer was
            slower than what it waited for.
        estimated: whether the tokens were counted here because the provider reported none.
    """

    first_chunk: float | None
    first_token: float | None
    inter_token: Spread | None
    total: float
    consumer: float
    tokens: int
    tokens_per_second: float | None
    estimated: bool


def latency(
    callback: Callable[[Latency], None] | None = None,
) -> Operator[ModelResponseStream, ModelResponseStream]:
    """Measure how fast a stream is. When it has ended, its chunks have the result in `_hidden_params["latency"]`.

        -a-b-c-|
        [ latency(print) ]
        -a-b-c-|
               Latency(first_chunk=1.0, first_token=1.0, inter_token=Spread(count=2, mean=2.0, …), total=7.0, …)

    So has the response that `accumulate()` makes of them. `callback` gets it too, once, however the stream ends; an
    exception in it is reported to loguru and changes nothing.

    What is measured is waiting. A consumer pulls, so between two chunks it works and then waits; the work is not the
    model's and does not count, however long it pauses. The other way round, a model may have gone on writing while its
    consumer worked: then it looks faster than it is, by no more than `consumer` seconds. (When a chunk came that was
    not waited for, nobody can tell: it lay in the socket.) What one read brings was waited for once.

    Time is the scheduler's in virtual time, else that of `time.perf_counter`. It starts with the subscription, which
    for `rillm.stream` is before the request; `completion(stream=True)` has sent its own earlier. Eight bytes are kept
    for each chunk.

    Args:
        callback: called with the `Latency`.

    >>> import rillm
    >>> stream = rillm.stream("mock/echo", mock_response="Hello you")
    >>> for chunk in stream.pipe(rillm.latency(lambda latency: print(latency.tokens, latency.estimated))):
    ...     pass
    20 False
    >>> chunk._hidden_params["latency"].first_token < chunk._hidden_params["latency"].total
    True
    """

    def measured(source: Observable[ModelResponseStream]) -> Stream[ModelResponseStream]:
        def subscribe(
            observer: abc.ObserverBase[ModelResponseStream], scheduler: abc.SchedulerBase | None = None
        ) -> abc.DisposableBase:
            meter = Stopwatch(Clock(scheduler))

            def tell() -> None:
                result = meter.hidden["latency"] = latency_of(meter)
                if callback is not None:
                    callback(result)

            def end(*_: object) -> None:
                isolated(tell)

            ended = source.pipe(at_the_end(end))
            on_next = meter.measured(observer.on_next)
            return ended.subscribe(on_next, observer.on_error, observer.on_completed, scheduler=scheduler)

        return Stream(subscribe)

    return measured


def latency_of(meter: Stopwatch) -> Latency:
    """What a meter shows at the end of its stream."""
    usage = meter.usage
    tokens, waits = meter.shown_tokens(usage), meter.between_tokens
    return Latency(
        first_chunk=meter.first_chunk,
        first_token=meter.first_token,
        inter_token=spread(waits),
        total=meter.total,
        consumer=meter.consumer,
        tokens=tokens,
        tokens_per_second=meter.speed(tokens, waits),
        estimated=usage.is_estimated,
    )


def spread(waits: Sequence[float]) -> Spread | None:
    """Their distribution; None of none.

    >>> spread([3.0, 1.0, 2.0])
    Spread(count=3, mean=2.0, p50=2.0, p95=3.0, max=3.0)
    """
    if not waits:
        return None
    ordered, count = sorted(waits), len(waits)
    p50, p95 = (ordered[ceil(part * count) - 1] for part in (0.50, 0.95))
    return Spread(count, sum(ordered) / count, p50, p95, ordered[-1])
