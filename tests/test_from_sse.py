"""`from_sse`: chunks from a stream of bytes, whatever its blocks are, and what a retraction leaves of them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import rillm
from rillm.providers.registration import PROVIDERS, format_of
from rillm.providers.request import ChatCall
from rillm.streams.stream import from_source
from rillm.testing import assert_operator_laws, chunk, play
from tests.kit import wire
from tests.kit.calls import ask
from tests.kit.frames import ANSWER, FORMATS
from tests.kit.server import script
from tests.kit.sources import SILENCE, Script, acollect, both, collect
from tests.wire.outcome import cut

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.kit.server import Server

every_format = pytest.mark.parametrize("format_", FORMATS)
BODIES: dict[str, bytes] = {format_: b"".join(rillm.of(*ANSWER).pipe(rillm.to_sse(format_))) for format_ in FORMATS}


def decoded(format_: str, *blocks: bytes) -> list[dict[str, Any]]:
    return [one.model_dump(exclude={"created"}) for one in rillm.of(*blocks).pipe(rillm.from_sse(format_))]


def whole(stream: rillm.Stream[Any]) -> rillm.ModelResponse:
    (response,) = stream.pipe(rillm.accumulate())
    return response


@every_format
def test_the_laws(format_: str) -> None:
    assert_operator_laws(rillm.from_sse(format_), cut(BODIES[format_], [100] * 20))


@every_format
@given(lengths=st.lists(st.integers(1, 60), max_size=80))
def test_any_cutting_gives_the_same(format_: str, lengths: list[int]) -> None:
    assert decoded(format_, *cut(BODIES[format_], lengths)) == decoded(format_, BODIES[format_])


@every_format
def test_it_is_decode_as_an_operator(format_: str) -> None:
    chunks = [one.model_dump(exclude={"created"}) for one in rillm.decode(format_, [BODIES[format_]])]
    assert decoded(format_, BODIES[format_]) == chunks
    assert decoded(format_, *cut(BODIES[format_], [1] * len(BODIES[format_]))) == chunks


@pytest.mark.parametrize(
    ("marbles", "outgoing", "source"),
    [
        ("-ab---done-----|", "-(a,b)(=stop,|)", "^-----!"),  # what comes after the end marker is not waited for
        ("-ab---robbed-----|", "-(a,b)-----------(=stop,|)", "^----------------!"),  # of its last line's end
        ("-ab-ping-|", "-(a,b)---X", "^--------!"),
        ("-ab-----X", "-(a,b)--X", "^-------!"),
    ],
)
def test_in_time(marbles: str, outgoing: str, source: str) -> None:
    done = wire.finish() + wire.DONE
    blocks = {
        "ab": wire.frame("a") + wire.frame("b"),
        "done": done,
        "robbed": wire.DONE.rstrip(),
        "ping": b": ping\n\n",
    }
    came = play(rillm.from_sse(), marbles, values=blocks, error=rillm.Timeout("Late."))
    assert (came.marbles, came.source) == (outgoing, source)
    if came.error is not None:
        assert isinstance(came.error, rillm.RillmError)
        assert came.error.partial is not None
        assert came.error.partial.choices[0].message.content == "ab"


@both
def test_the_end_marker_closes_the_source(collect: Callable[[Any], list[Any]]) -> None:
    source = Script([wire.answer("Hi") + wire.frame("never")], SILENCE)
    chunks = collect(from_source(source).pipe(rillm.from_sse()))
    assert [one.choices[0].delta.content for one in chunks] == ["Hi", None]
    assert source.live == 0


def test_a_frame_that_is_too_large() -> None:
    with pytest.raises(rillm.FrameTooLargeError):
        list(rillm.of(wire.frame("a" * 100)).pipe(rillm.from_sse(max_frame_bytes=50)))


def test_a_format_that_nobody_knows() -> None:
    with pytest.raises(rillm.BadRequestError, match="Unknown wire format"):
        rillm.from_sse("smoke-signals")


# Errors


@pytest.mark.parametrize("format_", ["openai", "anthropic"])
@pytest.mark.parametrize(
    "error",
    [
        rillm.RateLimitError("Later."),
        rillm.AuthenticationError("Who?"),
        rillm.ServiceUnavailableError("Busy."),
        rillm.BadRequestError("No."),
        rillm.InternalServerError("Oh."),
    ],
    ids=lambda error: type(error).__name__,
)
def test_an_error_comes_back_as_what_it_was(format_: Any, error: rillm.RillmError) -> None:
    broken = Script([chunk("Hi")], error)
    with pytest.raises(rillm.RillmError) as caught:
        list(from_source(broken).pipe(rillm.to_sse(format_), rillm.from_sse(format_)))
    assert isinstance(caught.value, type(error).__mro__[1])
    assert (caught.value.message, caught.value.partial is None) == (error.message, False)


# Retractions

FIRST = [
    chunk("N", delta={"role": "assistant"}),
    chunk("o", index=1),
    chunk(reasoning="Hm"),
    chunk(tool_calls=[{"index": 0, "id": "c", "function": {"name": "f", "arguments": "{"}}]),
    chunk(usage={"prompt_tokens": 1, "completion_tokens": 9}),
    chunk(finish="length"),
]
SECOND = [
    chunk("Y", delta={"role": "assistant"}, id="2", model="wise"),
    chunk("es", id="2", model="wise"),
    chunk(finish="stop", id="2", model="wise"),
]
TAKEN_BACK = rillm.retraction(FIRST[0])


@pytest.mark.parametrize("read", [collect, acollect])
def test_after_a_retraction_only_the_better_answer_counts(read: Callable[[Any], list[Any]]) -> None:
    stream = rillm.of(*FIRST, TAKEN_BACK, *SECOND).pipe(rillm.to_sse(), rillm.from_sse())
    chunks = read(stream)
    retraction = next(place for place, one in enumerate(chunks) if rillm.is_retraction(one))
    assert {(one.id, one.model) for one in chunks[: retraction + 1]} == {("chatcmpl-test", "test")}
    assert {(one.id, one.model) for one in chunks[retraction + 1 :]} == {("2", "wise")}
    assert [one.choices[0].delta.role for one in chunks[retraction + 1 :]] == ["assistant", None, None]
    (response,) = read(stream.pipe(rillm.accumulate()))
    assert (response.id, response.model, len(response.choices)) == ("2", "wise", 1)
    assert (response.choices[0].message.content, response.choices[0].finish_reason) == ("Yes", "stop")
    assert response.choices[0].message.tool_calls is None
    assert response.usage.is_estimated  # that of the first answer is not the second one's


def test_a_retraction_of_the_ai_sdk() -> None:
    first = [one for one in FIRST if one.choices[0].index == 0]
    response = whole(rillm.of(*first, TAKEN_BACK, *SECOND).pipe(rillm.to_sse("ai-sdk"), rillm.from_sse("ai-sdk")))
    assert (response.choices[0].message.content, response.model) == ("Yes", "wise")
    assert response.choices[0].message.tool_calls is None
    assert response.id == "chatcmpl-test"  # the message is the same one
    assert response.usage.is_estimated


def test_anthropic_breaks_off() -> None:
    with pytest.raises(rillm.ServiceUnavailableError, match="taken back") as caught:
        whole(rillm.of(chunk("No"), TAKEN_BACK, *SECOND).pipe(rillm.to_sse("anthropic"), rillm.from_sse("anthropic")))
    assert caught.value.retryable


def test_a_retraction_passes_through_a_call(server: Server) -> None:
    server.play(script(*rillm.of(chunk("No"), TAKEN_BACK, *SECOND).pipe(rillm.to_sse())))
    response = rillm.stream_chunk_builder(ask(server))
    assert response is not None
    assert (response.choices[0].message.content, response.choices[0].finish_reason) == ("Yes", "stop")


# What web servers with the AI SDK send


def ui(*chunks: dict[str, Any]) -> bytes:
    return b"".join(b"data: %b\n\n" % json.dumps(one).encode() for one in chunks) + b"data: [DONE]\n\n"


INPUT = {"toolCallId": "c", "toolName": "f", "input": {"x": 1}}
FINISH = {"type": "finish"}
CALLED = {"type": "tool-input-available", "toolCallId": "c", "toolName": "f", "input": "{}"}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        # a call without deltas, one of the server's own, and what has no place in an answer
        (ui({"type": "tool-input-available", **INPUT}, FINISH), [("c", "f", '{"x":1}')]),
        (ui({"type": "tool-input-available", "providerExecuted": True, **INPUT}, FINISH), []),
        (ui({"type": "source-url", "sourceId": "s", "url": "u"}, {"type": "data-x", "data": 1}, FINISH), []),
        (ui({"type": "start", "messageMetadata": 5}, {"type": "reasoning-start", "id": "0"}, FINISH), []),
        (ui({"type": "tool-input-start", **INPUT}, {"type": "tool-input-available", **INPUT}), [("c", "f", '{"x":1}')]),
        # the same call again, after all was taken back
        (ui({"type": "tool-input-available", **INPUT}, {"type": "reset-step"}, FINISH), []),
        (ui({"type": "tool-input-available", **INPUT}, {"type": "reset-step"}, CALLED, FINISH), [("c", "f", "{}")]),
    ],
)
def test_streams_of_the_ai_sdk(body: bytes, expected: list[Any]) -> None:
    calls = whole(rillm.decode("ai-sdk", [body])).choices[0].message.tool_calls or ()
    assert [(call.id, call.function.name, call.function.arguments) for call in calls] == expected


@pytest.mark.parametrize(
    ("body", "error", "words"),
    [
        (ui({"type": "error", "errorText": "Too many requests"}), rillm.RateLimitError, "Too many requests"),
        (ui({"type": "abort", "reason": "the user left"}), rillm.StreamTruncatedError, "the user left"),
        (ui({"type": "text-delta", "id": "0", "delta": 5}), rillm.StreamDecodeError, "delta is no text"),
        (ui({"no": "type"}), rillm.StreamDecodeError, "type"),
        (b'data: {"type":"text-delta","id":"0","delta":"Hi"}\n\n', rillm.StreamTruncatedError, "cut off"),
    ],
)
def test_streams_of_the_ai_sdk_that_fail(body: bytes, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        list(rillm.decode("ai-sdk", [body]))


def test_no_model_is_asked_in_the_format_of_the_ai_sdk() -> None:
    with pytest.raises(rillm.BadRequestError, match="how web servers answer"):
        format_of("ai-sdk").encode(ChatCall(PROVIDERS["openai"], "m", [], {}, ""))
