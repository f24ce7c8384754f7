"""Spans and metrics as an SDK collects them, in both generations of names."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import reactivex
from opentelemetry import trace
from opentelemetry.sdk.trace import SpanProcessor
from opentelemetry.trace import SpanKind, StatusCode
from reactivex import operators as ops
from reactivex.scheduler import ImmediateScheduler

import rillm
from rillm import Stream, otel_tap
from rillm.operators.otel_attributes import of_call, of_request
from rillm.operators.otel_messages import input_messages
from rillm.operators.otel_names import CAPTURE_CONTENT, OPT_IN, SECONDS, TOKENS
from rillm.streams.stream import from_source
from rillm.testing import chunk, play
from tests.kit import wire
from tests.kit.calls import KEY, cold
from tests.kit.leaks import run
from tests.kit.server import Answer, script
from tests.kit.sources import SILENCE, Script, acollect, both, collect
from tests.kit.telemetry import Collected, attributes

if TYPE_CHECKING:
    from collections.abc import Callable

    from opentelemetry.sdk.trace import ReadableSpan
    from reactivex import Observable

    from rillm import ModelResponseStream
    from rillm.streams.source import AsyncReading, Reading
    from tests.kit.server import Server
    from tests.kit.telemetry import Point

    Collect = Callable[[Any], list[Any]]
    Tap = rillm.Operator[ModelResponseStream, ModelResponseStream]

LATEST = "gen_ai_latest_experimental"
generations = pytest.mark.parametrize("generation", ["", LATEST], ids=["older", "newer"])
USAGE = {
    "prompt_tokens": 70,
    "completion_tokens": 30,
    "prompt_tokens_details": {"cached_tokens": 20, "cache_creation_tokens": 10},
    "completion_tokens_details": {"reasoning_tokens": 5},
}
HIDDEN = {
    "custom_llm_provider": "mistral",
    "api_base": "https://api.mistral.ai/v1/chat/completions",
    "provider_response_model": "mistral-small-2506",
}


@pytest.fixture
def collected(monkeypatch: pytest.MonkeyPatch) -> Collected:
    for name in (OPT_IN, CAPTURE_CONTENT):
        monkeypatch.delenv(name, raising=False)
    return Collected()


def part(content: str | None = None, **fields: Any) -> ModelResponseStream:
    """A chunk of a call to Mistral."""
    one = chunk(content, id="chatcmpl-1", model="mistral-small", **fields)
    one.hidden_params.update(HIDDEN)
    return one


def pushed(stream: Stream[Any]) -> list[Any]:
    items: list[Any] = []
    errors: list[Exception] = []
    stream.subscribe(items.append, errors.append)
    for error in errors:
        raise error
    return items


every_way = pytest.mark.parametrize("collect", [collect, acollect, pushed], ids=["sync", "async", "pushed"])
STARTED = {"gen_ai.operation.name": "chat", "gen_ai.request.stream": True}
ANSWERED = {
    **STARTED,
    "gen_ai.provider.name": "mistral_ai",
    "gen_ai.request.model": "mistral-small",
    "gen_ai.response.model": "mistral-small-2506",
    "gen_ai.response.id": "chatcmpl-1",
    "server.address": "api.mistral.ai",
    "server.port": 443,
}
USED = {
    "gen_ai.usage.input_tokens": 70,
    "gen_ai.usage.output_tokens": 30,
    "gen_ai.usage.cache_read.input_tokens": 20,
    "gen_ai.usage.reasoning.output_tokens": 5,
}
TIMES = {"gen_ai.response.time_to_first_chunk", "gen_ai.response.time_to_first_token"}


@every_way
@pytest.mark.parametrize(
    ("generation", "steps", "take", "status", "expected"),
    [
        (
            "",
            [[part("a"), part("b"), part(finish="stop", usage=USAGE)]],
            99,
            StatusCode.UNSET,
            {
                **ANSWERED,
                **USED,
                "gen_ai.usage.cache_creation.input_tokens": 10,
                "gen_ai.response.finish_reasons": ("stop",),
            },
        ),
        (
            LATEST,
            [[part("a"), part("b"), part(finish="stop", usage=USAGE)]],
            99,
            StatusCode.UNSET,
            {
                **ANSWERED,
                **USED,
                "gen_ai.usage.cache_write.input_tokens": 10,
                "gen_ai.response.finish_reasons": ("stop",),
            },
        ),
        ("", [[part("a")], rillm.Timeout("late")], 99, StatusCode.ERROR, {**ANSWERED, "error.type": "Timeout"}),
        (
            f"http, {LATEST}",
            [[part("a")], rillm.Timeout("late")],
            99,
            StatusCode.ERROR,
            {**ANSWERED, "error.type": "Timeout", "gen_ai.response.finish_reasons": ("error",)},
        ),
        ("", [[part("a")], SILENCE], 1, StatusCode.UNSET, {**ANSWERED, "rillm.cancelled": True}),
        (
            LATEST,
            [[part("a")], SILENCE],
            1,
            StatusCode.UNSET,
            {**ANSWERED, "rillm.cancelled": True, "gen_ai.response.finish_reasons": ("error",)},
        ),
        (
            "",
            [rillm.RateLimitError("Too many.", "groq", "llama")],
            99,
            StatusCode.ERROR,
            {
                **STARTED,
                "gen_ai.provider.name": "groq",
                "gen_ai.request.model": "llama",
                "error.type": "RateLimitError",
            },
        ),
    ],
)
def test_the_span(  # noqa: PLR0913, PLR0917 - a row of the table
    collected: Collected,
    monkeypatch: pytest.MonkeyPatch,
    collect: Collect,
    generation: str,
    steps: list[Any],
    take: int,
    status: StatusCode,
    expected: dict[str, Any],
) -> None:
    monkeypatch.setenv(OPT_IN, generation)
    with suppress(rillm.RillmError):
        collect(from_source(Script(*steps)).pipe(otel_tap(**collected.tap), ops.take(take)))
    span = collected.span
    found = dict(attributes(span))
    times = {name: found.pop(name) for name in TIMES & found.keys()}
    assert found == expected
    assert len(times) == (2 if "gen_ai.response.id" in expected else 0)
    assert (span.name, span.kind) == (f"chat {expected['gen_ai.request.model']}", SpanKind.CLIENT)
    assert span.status.status_code is status
    assert (span.status.description or "") == {"Timeout": "late", "RateLimitError": "Too many."}.get(
        expected.get("error.type", ""), ""
    )
    assert not span.events


OF_POINTS = {name: ANSWERED[name] for name in ANSWERED if name not in {"gen_ai.request.stream", "gen_ai.response.id"}}
OLDER = "gen_ai.client.operation."
NEWER = "gen_ai.client.inference."
INPUT, OUTPUT = {"gen_ai.token.type": "input"}, {"gen_ai.token.type": "output"}
MODALITY = {"gen_ai.token.modality": "unknown"}
NONE: dict[str, Any] = {}


@both
@pytest.mark.parametrize(
    ("generation", "expected"),
    [
        (
            "",
            {
                f"{OLDER}duration": [(NONE, 1, SECONDS)],
                f"{OLDER}time_to_first_chunk": [(NONE, 1, SECONDS)],
                f"{OLDER}time_to_first_token": [(NONE, 1, SECONDS)],
                f"{OLDER}time_per_output_chunk": [(NONE, 3, SECONDS)],
                "gen_ai.client.token.usage": [(INPUT, (1, 70), TOKENS), (OUTPUT, (1, 30), TOKENS)],
            },
        ),
        (
            LATEST,
            {
                f"{NEWER}duration": [(NONE, 1, SECONDS)],
                f"{NEWER}time_to_first_chunk": [(NONE, 1, SECONDS)],
                f"{NEWER}time_to_first_token": [(NONE, 1, SECONDS)],
                f"{NEWER}time_per_output_chunk": [(NONE, 3, SECONDS)],
                f"{NEWER}usage.input_tokens": [(MODALITY, 70, ())],
                f"{NEWER}usage.output_tokens": [(MODALITY, 30, ())],
                f"{NEWER}usage.cache_read.input_tokens": [(MODALITY, 20, ())],
                f"{NEWER}usage.cache_write.input_tokens": [(MODALITY, 10, ())],
                f"{NEWER}usage.reasoning.output_tokens": [(MODALITY, 5, ())],
                f"{NEWER}operation.input_tokens": [(NONE, (1, 70), TOKENS)],
                f"{NEWER}operation.output_tokens": [(NONE, (1, 30), TOKENS)],
            },
        ),
    ],
)
def test_the_metrics(
    collected: Collected,
    monkeypatch: pytest.MonkeyPatch,
    collect: Collect,
    generation: str,
    expected: dict[str, list[Point]],
) -> None:
    monkeypatch.setenv(OPT_IN, generation)
    chunks = [part(delta={"role": "assistant"}), part("a"), part("b"), part(finish="stop", usage=USAGE)]
    collect(from_source(Script(chunks)).pipe(otel_tap(**collected.tap)))
    found = {
        name: [
            ({k: v for k, v in points.items() if k not in OF_POINTS}, value[0] if bounds == SECONDS else value, bounds)
            for points, value, bounds in metric
            if points.items() >= OF_POINTS.items()
        ]
        for name, metric in collected.points().items()
    }
    assert found == expected


def test_times_do_not_count_what_the_consumer_does_and_the_first_chunk_may_be_empty(collected: Collected) -> None:
    values = {"Role": part(delta={"role": "assistant"}), "a": part("a"), "b": part("b")}
    play(otel_tap(**collected.tap), "--Role---a--b----|", values=values)
    times = [attributes(collected.span)[f"gen_ai.response.time_to_first_{name}"] for name in ("chunk", "token")]
    assert times == [2, 9]
    found = {name: [value for _, value, _ in points] for name, points in collected.points().items()}
    assert found == {
        f"{OLDER}duration": [(1, 17)],
        f"{OLDER}time_to_first_chunk": [(1, 2)],
        f"{OLDER}time_to_first_token": [(1, 9)],
        f"{OLDER}time_per_output_chunk": [(2, 7 + 3)],
    }


@pytest.mark.parametrize(
    ("steps", "errors"),
    [([[part("a")]], [None]), ([[part("a")], rillm.Timeout("late")], ["Timeout"]), ([ValueError("X")], ["ValueError"])],
)
def test_the_duration_tells_the_error(collected: Collected, steps: list[Any], errors: list[str | None]) -> None:
    with suppress(Exception):
        list(from_source(Script(*steps)).pipe(otel_tap(**collected.tap)))
    points = collected.points()
    assert [point.get("error.type") for point, _, _ in points[f"{OLDER}duration"]] == errors
    assert not any("error.type" in point for point, _, _ in points.get(f"{OLDER}time_to_first_chunk", []))


@generations
@pytest.mark.parametrize("estimates", [False, True])
def test_estimates_only_where_they_are_asked_for(
    collected: Collected, monkeypatch: pytest.MonkeyPatch, generation: str, *, estimates: bool
) -> None:
    monkeypatch.setenv(OPT_IN, generation)
    list(from_source(Script([part("a" * 40)])).pipe(otel_tap(**collected.tap, estimates=estimates)))
    found = attributes(collected.span)
    assert found.get("gen_ai.usage.output_tokens") == (10 if estimates else None)
    assert found.get("rillm.usage.estimated") == (True if estimates else None)
    metrics = [points for name, points in collected.points().items() if "token" in name and "time" not in name]
    assert [point["rillm.usage.estimated"] for points in metrics for point, _, _ in points] == [True] * (
        0 if not estimates else 2 if not generation else 4
    )


@pytest.mark.parametrize(
    ("usage", "kind", "told"),
    [
        ({"prompt_tokens": 70}, INPUT, {"gen_ai.usage.input_tokens": 70}),
        ({"completion_tokens": 30}, OUTPUT, {"gen_ai.usage.output_tokens": 30}),
    ],
)
def test_of_what_is_known_in_part_the_rest_is_not_told(
    collected: Collected, usage: dict[str, int], kind: dict[str, str], told: dict[str, int]
) -> None:
    with suppress(rillm.Timeout):
        list(from_source(Script([part("a", usage=usage)], rillm.Timeout("late"))).pipe(otel_tap(**collected.tap)))
    found = attributes(collected.span)
    assert {name: value for name, value in found.items() if ".usage." in name} == told
    assert [points for points, _, _ in collected.points()["gen_ai.client.token.usage"]] == [{**OF_POINTS, **kind}]


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (
            {"model": "m", "temperature": 0.5, "top_p": 1, "seed": 7, "max_tokens": 9, "messages": [], "api_key": KEY},
            {
                "gen_ai.request.model": "m",
                "gen_ai.request.temperature": 0.5,
                "gen_ai.request.top_p": 1,
                "gen_ai.request.seed": 7,
                "gen_ai.request.max_tokens": 9,
            },
        ),
        ({"max_completion_tokens": 9, "top_k": 3}, {"gen_ai.request.max_tokens": 9, "gen_ai.request.top_k": 3}),
        ({"stop": "."}, {"gen_ai.request.stop_sequences": ["."]}),
        ({"stop": [".", "!"], "n": 1}, {"gen_ai.request.stop_sequences": [".", "!"]}),
        (
            {"n": 3, "reasoning_effort": "low"},
            {"gen_ai.request.choice.count": 3, "gen_ai.request.reasoning.level": "low"},
        ),
        ({"response_format": {"type": "text"}}, {"gen_ai.output.type": "text"}),
        ({"response_format": {"type": "json_schema"}}, {"gen_ai.output.type": "json"}),
        ({"response_format": dict, "temperature": None}, {"gen_ai.output.type": "json"}),
    ],
)
def test_requests(request_: dict[str, Any], expected: dict[str, Any]) -> None:
    assert of_request(request_) == expected


@pytest.mark.parametrize(
    ("provider", "name"),
    [
        ("openai", "openai"),
        ("azure", "azure.ai.openai"),
        ("bedrock", "aws.bedrock"),
        ("gemini", "gcp.gemini"),
        ("vertex_ai", "gcp.vertex_ai"),
        ("watsonx_text", "ibm.watsonx.ai"),
        ("xai", "x_ai"),
        ("ollama", "ollama"),
    ],
)
def test_providers(provider: str, name: str) -> None:
    assert of_call({"custom_llm_provider": provider}, "m")["gen_ai.provider.name"] == name


class Starts(SpanProcessor):
    """Remembers what a sampler would have seen."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, dict[str, Any]]] = []

    def on_start(self, span: Any, parent_context: Any = None) -> None:
        self.seen.append((span.name, dict(span.attributes)))


def test_what_is_known_at_the_start_is_told_at_the_start() -> None:
    starts = Starts()
    call: dict[str, Any] = {"model": "mock/m", "temperature": 0.5, "mock_response": "Hello"}
    further = {"gen_ai.conversation.id": "c-1", "gen_ai.provider.name": "acme"}
    collected = Collected(starts)
    list(rillm.stream(**call).pipe(otel_tap(call, attributes=further, **collected.tap)))
    known = {**STARTED, **further, "gen_ai.request.model": "mock/m", "gen_ai.request.temperature": 0.5}
    assert starts.seen == [("chat mock/m", known)]
    found = attributes(collected.span)
    assert (collected.span.name, found["gen_ai.request.model"]) == ("chat m", "m")
    assert found["gen_ai.provider.name"] == "acme"
    assert {points["gen_ai.provider.name"] for metric in collected.points().values() for points, _, _ in metric} == {
        "acme"
    }


MESSAGES: list[Any] = [
    {"role": "system", "content": "Be brief."},
    {
        "role": "user",
        "content": [{"type": "text", "text": "And this?"}, {"type": "image_url", "image_url": {"url": "data:"}}],
    },
    {"role": "assistant", "tool_calls": [{"id": "1", "function": {"name": "look", "arguments": '{"at": 1}'}}]},
    {"role": "tool", "tool_call_id": "1", "content": "a cat"},
    rillm.Message(content="A cat.", reasoning_content="Hm"),
]


def test_messages() -> None:
    assert json.loads(input_messages(MESSAGES)) == [
        {"role": "system", "parts": [{"type": "text", "content": "Be brief."}]},
        {"role": "user", "parts": [{"type": "text", "content": "And this?"}, {"type": "image_url"}]},
        {"role": "assistant", "parts": [{"type": "tool_call", "id": "1", "name": "look", "arguments": {"at": 1}}]},
        {"role": "tool", "parts": [{"type": "tool_call_response", "id": "1", "response": "a cat"}]},
        {
            "role": "assistant",
            "parts": [{"type": "reasoning", "content": "Hm"}, {"type": "text", "content": "A cat."}],
        },
    ]


@pytest.mark.parametrize(
    ("generation", "environment", "content", "is_told"),
    [
        ("", "", None, False),
        ("", "true", None, True),
        ("", "SPAN_AND_EVENT", None, True),
        ("", "EVENT_ONLY", None, False),
        ("", "false", True, True),
        ("", "true", False, False),
        (LATEST, "span_only", None, True),
    ],
)
def test_content_only_where_it_is_asked_for(  # noqa: PLR0913 - a row of the table
    collected: Collected,
    monkeypatch: pytest.MonkeyPatch,
    generation: str,
    environment: str,
    *,
    content: bool | None,
    is_told: bool,
) -> None:
    monkeypatch.setenv(CAPTURE_CONTENT, environment)
    monkeypatch.setenv(OPT_IN, generation)
    call = {"messages": [{"role": "user", "content": "Hi"}]}
    list(from_source(Script([part("Ho"), part(finish="stop")])).pipe(otel_tap(call, content=content, **collected.tap)))
    found = attributes(collected.span)
    asked = [{"role": "user", "parts": [{"type": "text", "content": "Hi"}]}]
    said: dict[str, Any] = {"role": "assistant", "parts": [{"type": "text", "content": "Ho"}]}
    reason = {} if generation else {"finish_reason": "stop"}
    assert json.loads(found.get("gen_ai.input.messages", "null")) == (asked if is_told else None)
    assert json.loads(found.get("gen_ai.output.messages", "null")) == ([{**said, **reason}] if is_told else None)


# What is current when


class Requests(Script[Any]):
    """A source whose requests have spans, as an instrumented HTTP client makes them."""

    def __init__(self, collected: Collected, *steps: Any) -> None:
        super().__init__(*steps)
        self._tracer = collected.tracer

    def open(self) -> Reading[Any]:
        with self._tracer.start_as_current_span("POST"):
            return super().open()

    async def aopen(self) -> AsyncReading[Any]:
        with self._tracer.start_as_current_span("POST"):
            return await super().aopen()


def parents(collected: Collected) -> dict[str, set[str | None]]:
    """By the names of spans, those of their parents."""
    names = {span.context.span_id: span.name for span in collected.spans if span.context}
    found: dict[str, set[str | None]] = {}
    for span in collected.spans:
        found.setdefault(span.name, set()).add(names.get(span.parent.span_id) if span.parent else None)
    return found


@every_way
@pytest.mark.parametrize("upstream", [[], [ops.retry(2)]], ids=["request", "retry"])
def test_requests_are_children(collected: Collected, collect: Collect, upstream: list[Any]) -> None:
    source = from_source(Requests(collected, [part("a")], rillm.Timeout("late")))
    with collected.tracer.start_as_current_span("outer"), suppress(rillm.Timeout):
        collect(source.pipe(*upstream, otel_tap(**collected.tap)))
    assert parents(collected) == {"POST": {"chat mistral-small"}, "chat mistral-small": {"outer"}, "outer": {None}}
    assert len(collected.spans) == 3 + len(upstream)


@both
def test_each_of_several_has_its_own(collected: Collected, collect: Collect) -> None:
    streams = [
        from_source(Requests(collected, [part("a")], [part("b")])).pipe(otel_tap(**collected.tap)) for _ in "abc"
    ]
    with collected.tracer.start_as_current_span("outer"):
        collect(rillm.merge(*streams))
    assert parents(collected) == {"POST": {"chat mistral-small"}, "chat mistral-small": {"outer"}, "outer": {None}}
    assert len(collected.spans) == 7


@both
def test_what_follows_is_no_child(collected: Collected, collect: Collect) -> None:
    def stream() -> Stream[Any]:
        return from_source(Requests(collected, [part("a")])).pipe(otel_tap(**collected.tap))

    failing = otel_tap(**collected.tap)(reactivex.throw(rillm.Timeout("late")))
    collect(rillm.concat(stream(), stream()))
    collect(failing.pipe(ops.catch(stream())))
    assert parents(collected) == {"POST": {"chat mistral-small"}, "chat mistral-small": {None}, "chat": {None}}


def current() -> str | None:
    span: Any = trace.get_current_span()
    return getattr(span, "name", None)


def for_loop(stream: Stream[Any], told: list[str | None]) -> None:
    told += [current() for _ in stream]


def async_for(stream: Stream[Any], told: list[str | None]) -> None:
    async def main() -> None:
        told.extend([current() async for _ in stream])

    run(main())


def subscribing(stream: Stream[Any], told: list[str | None]) -> None:
    stream.subscribe(lambda _: told.append(current()))


def subscribing_at_once(stream: Stream[Any], told: list[str | None]) -> None:
    stream.subscribe(lambda _: told.append(current()), scheduler=ImmediateScheduler())


@pytest.mark.parametrize("consume", [for_loop, async_for, subscribing, subscribing_at_once])
def test_it_is_not_current_in_the_consumers_code(
    collected: Collected, consume: Callable[[Stream[Any], list[str | None]], None]
) -> None:
    told: list[str | None] = []
    source = from_source(Requests(collected, [part("a")], [part("b")]))
    with collected.tracer.start_as_current_span("outer"):
        consume(source.pipe(otel_tap(**collected.tap)), told)
        told.append(current())
    told.append(current())
    assert told == ["outer"] * 3 + [None]
    assert parents(collected)["POST"] == {"chat mistral-small"}


def read(server: Server, tap: Tap) -> list[str | None]:
    """What is current when each request is sent."""
    seen: list[str | None] = []

    def see(_: httpx.Request) -> None:
        seen.append(current())

    with httpx.Client(event_hooks={"request": [see]}) as client:
        list(cold(server, client=client, max_retries=1).pipe(tap))
    return seen


def aread(server: Server, tap: Tap) -> list[str | None]:
    seen: list[str | None] = []

    async def see(_: httpx.Request) -> None:
        seen.append(current())

    async def main() -> None:
        async with httpx.AsyncClient(event_hooks={"request": [see]}) as client:
            [_ async for _ in cold(server, client=client, max_retries=1).pipe(tap)]

    run(main())
    return seen


@pytest.mark.parametrize("read", [read, aread], ids=["sync", "async"])
@pytest.mark.parametrize("retry_after", ["0", "0.05"])
def test_real_requests_are_children(
    collected: Collected, server: Server, read: Callable[[Server, Tap], list[str | None]], retry_after: str
) -> None:
    server.play(Answer((b"{}",), status=503, headers={"Retry-After": retry_after}), script(wire.answer("Hello")))
    assert read(server, otel_tap(**collected.tap)) == ["chat", "chat"]
    assert attributes(collected.span)["server.port"] == server.port
    assert collected.span.status.status_code is StatusCode.UNSET


# What does not break the stream


class Broken:
    """A provider of nothing but errors."""

    def __getattr__(self, name: str) -> Any:
        raise ZeroDivisionError


class BrokenExporter(SpanProcessor):
    def on_start(self, span: Any, parent_context: Any = None) -> None:
        raise ZeroDivisionError

    def on_end(self, span: ReadableSpan) -> None:
        raise ZeroDivisionError


class BrokenAtTheEnd(SpanProcessor):
    def on_end(self, span: ReadableSpan) -> None:
        raise ZeroDivisionError


@both
@pytest.mark.parametrize(
    "broken",
    [
        {"tracer_provider": Broken()},
        {"meter_provider": Broken()},
        Collected(BrokenExporter()).tap,
        Collected(BrokenAtTheEnd()).tap,
    ],
    ids=["tracer", "meter", "start", "end"],
)
def test_what_fails_there_changes_nothing(collect: Collect, broken: Any) -> None:
    source = from_source(Script([part("a"), part("b")]))
    assert len(collect(source.pipe(otel_tap(**broken)))) == 2
    with pytest.raises(rillm.Timeout):
        collect(from_source(Script([part("a")], rillm.Timeout("late"))).pipe(otel_tap(**broken)))


def test_a_span_ends_even_where_metrics_fail(collected: Collected, reports: list[str]) -> None:
    class Failing:
        def record(self, *_: Any) -> None:
            raise ZeroDivisionError

        add = record

    class Meter:
        def get_meter(self, *_: Any) -> Meter:
            return self

        def create_histogram(self, *_: Any, **_fields: Any) -> Failing:
            return Failing()

    tap: dict[str, Any] = {**collected.tap, "meter_provider": Meter()}
    assert len(list(from_source(Script([part("a"), part("b"), part("c")])).pipe(otel_tap(**tap)))) == 3
    assert len(reports) == 2  # of the chunks, and of the end
    assert attributes(collected.span)["gen_ai.response.id"] == "chatcmpl-1"


def test_a_key_in_an_error_is_not_told(collected: Collected) -> None:
    with suppress(rillm.AuthenticationError):
        collect(otel_tap(**collected.tap)(reactivex.throw(rillm.AuthenticationError(f"Wrong key: {KEY}"))))
    assert collected.span.status.description == "Wrong key: ***"
    assert KEY not in collected.span.to_json()


def test_each_subscription_is_a_span(collected: Collected) -> None:
    stream = from_source(Script([part("a")])).pipe(otel_tap(**collected.tap))
    list(zip(stream, stream, strict=True))
    assert [span.name for span in collected.spans] == ["chat mistral-small"] * 2


@both
def test_leaving_closes_the_source(collected: Collected, collect: Collect) -> None:
    source = Script([part("a")], SILENCE)
    collect(from_source(source).pipe(otel_tap(**collected.tap), ops.take(1)))
    assert (source.live, len(collected.spans)) == (0, 1)


PROGRAM = """
import sys
sys.modules["opentelemetry.trace"] = None
import rillm
print(len(list(rillm.stream("mock/echo", mock_response="Hello").pipe(rillm.tap_end(id)))))
try:
    rillm.otel_tap()
except rillm.MissingExtraError as error:
    print(error.message)
"""


def test_it_needs_an_extra() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)  # noqa: S603
    assert done.stdout.startswith("2\n")
    assert "pip install 'rillm[otel]'" in done.stdout


def test_global_providers_may_come_later() -> None:
    tap: Callable[[Observable[Any]], Stream[Any]] = otel_tap()
    assert len(list(from_source(Script([part("a")])).pipe(tap))) == 1
