"""All operators by their families, and how each is measured."""

from __future__ import annotations

import io
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reactivex import operators as ops

import rillm
from benchmarks import answers
from rillm.providers.openai_chat import OpenAIChatDecoder

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from reactivex import Observable

    Operator = Callable[[Observable[Any]], Observable[Any]]

MANY = 10**9  # tokens or votes that are never there


@dataclass(frozen=True)
class Row:
    """How an operator is measured.

    Attributes:
        make: the operator, or what makes one stream of a stream.
        does: what it does for each chunk.
        items: what it is given, instead of chunks with a word each.
        is_text: whether the limit is its own, and a bound of this measurement.
    """

    make: Callable[[], Operator]
    does: str
    items: Callable[[int], Sequence[Any]] = answers.words
    is_text: bool = False


def ignored(_result: object) -> None: ...


class Nothing:
    """A store that keeps nothing."""

    def get(self, _key: str, /) -> None: ...

    def set(self, _key: str, _value: bytes, /) -> None: ...


def judge(said: rillm.Stream[Any]) -> Observable[str]:
    def is_dangerous(text: str) -> bool:
        return "bomb" in text

    return said.pipe(rillm.text(), ops.filter(is_dangerous))


def otel_tap() -> Operator:
    from opentelemetry.sdk.metrics import MeterProvider  # noqa: PLC0415 - an extra
    from opentelemetry.sdk.metrics.export import InMemoryMetricReader  # noqa: PLC0415
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415

    return rillm.otel_tap(
        tracer_provider=TracerProvider(shutdown_on_exit=False),
        meter_provider=MeterProvider([InMemoryMetricReader()], shutdown_on_exit=False),
    )


def progress() -> Operator:
    from rich.console import Console  # noqa: PLC0415 - an extra

    return rillm.progress(Console(file=io.StringIO(), force_terminal=True))


# All operators by their families, each as it is called: a new one is one line here. A name may come several times.
FAMILIES: dict[str, dict[str, Row]] = {
    "Shape": {
        "text()": Row(rillm.text, "takes the content out", is_text=True),
        "reasoning()": Row(rillm.reasoning, "takes the reasoning out", answers.thoughts, is_text=True),
        "merge_reasoning()": Row(rillm.merge_reasoning, "looks for reasoning", is_text=True),
        "lines()": Row(rillm.lines, "looks for the end of a line", is_text=True),
        "words()": Row(rillm.words, "looks for where a word begins, and holds the last one back", is_text=True),
        "sentences()": Row(rillm.sentences, "looks for an end of a sentence, and for doubts about it", is_text=True),
        "split_thinking()": Row(rillm.split_thinking, "looks for where a line begins", is_text=True),
        "stop_at(text)": Row(lambda: rillm.stop_at("</s>"), "looks for what the text begins with", is_text=True),
        "redact(pattern)": Row(
            lambda: rillm.redact(r"sk-\w+"),
            "looks for what a match begins with, and then for a match (here an `s` in every third chunk)",
            is_text=True,
        ),
        "smooth(None)": Row(lambda: rillm.smooth(None), "cuts words, and makes a chunk of each", is_text=True),
        "events()": Row(rillm.events, "makes two events"),
        "accumulate()": Row(rillm.accumulate, "puts its piece to those before"),
        "choice(0)": Row(lambda: rillm.choice(0), "hands on what has this one choice alone"),
        "tool_calls()": Row(rillm.tool_calls, "reads the JSON of the arguments", answers.call),
        "partial_json(list[str])": Row(
            lambda: rillm.partial_json(list[str]), "reads JSON, makes a partial", answers.json_text
        ),
        'json_elements("", str)': Row(
            lambda: rillm.json_elements("", str), "reads JSON, validates a value", answers.json_array
        ),
        "normalize(OpenAIChatDecoder)": Row(
            lambda: rillm.normalize(OpenAIChatDecoder),
            "reads the JSON of a frame, and makes a chunk of it",
            answers.frames,
        ),
    },
    "Guard": {
        "repeat_guard()": Row(rillm.repeat_guard, "compares the text with the one before", is_text=True),
        "loop_guard()": Row(rillm.loop_guard, "keeps the text; looks for loops after 1000 characters", is_text=True),
        "limit_tokens(n)": Row(lambda: rillm.limit_tokens(MANY), "adds up a bound, and counts tokens near the limit"),
        "budget(Budget(output_tokens=n))": Row(
            lambda: rillm.budget(rillm.Budget(output_tokens=MANY)), "adds up a bound, and pays in advance under a lock"
        ),
        "moderate(judge)": Row(lambda: rillm.moderate(judge), "goes through the judge as well, a stream of its own"),
    },
    "Measure": {
        "usage()": Row(rillm.usage, "counts tokens, and makes a `Usage`"),
        "latency()": Row(rillm.latency, "asks how long it was waited for, and keeps that"),
        "cost_tap(f)": Row(lambda: rillm.cost_tap(ignored), "keeps what came, for the usage and the response"),
        "tap_end(f)": Row(lambda: rillm.tap_end(ignored), "keeps what came, for the response"),
        "callback_tap([f])": Row(lambda: rillm.callback_tap([ignored]), "keeps what came, for the response"),
        "log_tap()": Row(rillm.log_tap, "does the work of `latency` and of `tap_end`"),
        "otel_tap()": Row(otel_tap, "does the work of `log_tap`, and records a metric in OpenTelemetry: most of it"),
        "progress()": Row(progress, "keeps what is to be shown, and asks whether to draw"),
    },
    "Resilience": {
        "timeouts(idle=60)": Row(
            lambda: rillm.timeouts(idle=60), "sets a timer; by `for`, the source is read on a thread beside it"
        ),
        "retry_before_first_token()": Row(rillm.retry_before_first_token, "nothing, once the model has spoken"),
        "fallback_to(stream)": Row(rillm.fallback_to, "nothing, once the model has spoken"),
        "continue_with(backup)": Row(lambda: rillm.continue_with(rillm.of()), "keeps what came, for the backup"),
        "hedge(stream)": Row(lambda: rillm.hedge, "nothing, once a model has spoken"),
        "limit_concurrency(Slots(4))": Row(
            lambda: rillm.limit_concurrency(rillm.Slots(4)), "nothing, once there is room"
        ),
    },
    "Share and keep": {
        "share()": Row(rillm.share, "waits in a queue of each consumer"),
        "to_sse()": Row(rillm.to_sse, "writes a frame of JSON"),
        "cache(store)": Row(lambda: rillm.cache(Nothing(), key=""), "makes JSON of it, to be kept"),
        "record(path)": Row(lambda: rillm.record(os.devnull), "writes a line of JSON"),
    },
    "Combine": {
        "side_by_side({key: stream})": Row(
            lambda: lambda source: rillm.side_by_side({"a": source}), "makes a `Side`, which has its stream's key"
        ),
        "map_ordered(f)": Row(
            lambda: lambda source: rillm.of(source).pipe(rillm.map_ordered(lambda one: one)), "asks whose turn it is"
        ),
        "adaptive_merge(jobs, run)": Row(
            lambda: lambda source: rillm.adaptive_merge([source], lambda one: one), "nothing, once a job has begun"
        ),
        "majority(votes)": Row(lambda: rillm.majority(MANY), "counts it, as one of many answers", answers.prose),
        "number_choices()": Row(rillm.number_choices, "looks up the number of its choice"),
    },
}
