from __future__ import annotations

import pytest

import rillm
from rillm.providers.anthropic_messages import is_message_stop
from rillm.providers.sse import SSEFramer
from tests.wire.outcome import read
from tests.wire.summary import summary
from tests.wire.table_anthropic_messages import ANSWERS, ANTHROPIC_MESSAGES, HI

FORMAT, BODIES = ANTHROPIC_MESSAGES.format, ANTHROPIC_MESSAGES.bodies


def response_of(name: str) -> rillm.ModelResponse:
    response = read(FORMAT, [BODIES[name]]).response
    assert response is not None
    return response


def message_of(name: str) -> rillm.Message:
    return response_of(name).choices[0].message


@pytest.mark.parametrize("name", ANSWERS)
def test_id_and_model(name: str) -> None:
    response = response_of(name)
    assert (response.id, response.model) == ("msg_1", "m")


@pytest.mark.parametrize("name", ["text", "calls", "web-search-between-thoughts", "error-overloaded", "whole-framed"])
def test_events_without_framing(name: str) -> None:
    """Bedrock has them inside frames of its own."""
    frames = [bytes(frame) for frame in SSEFramer().feed(BODIES[name])]
    body = b"".join(b"data: " + frame + b"\n\n" for frame in frames)
    assert read(FORMAT, [body]).comparable() == read(FORMAT, [BODIES[name]]).comparable()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("text", [("H", None), ("i", None), (None, "stop")]),
        ("text-empty-pieces", [("H", None), ("i", None), (None, "stop")]),
        ("whole", [("Hi", None), (None, "stop")]),
        ("nothing", [(None, "stop")]),
    ],
)
def test_chunks(name: str, expected: list[tuple[str | None, str | None]]) -> None:
    choices = [chunk.choices[0] for chunk in read(FORMAT, [BODIES[name]]).chunks]
    assert [(choice.delta.content, choice.finish_reason) for choice in choices] == expected


def test_thinking_comes_as_it_is_thought() -> None:
    deltas = [chunk.choices[0].delta for chunk in read(FORMAT, [BODIES["thinking"]]).chunks]
    assert [delta.get("reasoning_content") for delta in deltas] == ["Let", " me", None, None, None]
    assert [delta.get("thinking_blocks") for delta in deltas[:3]] == [
        [{"type": "thinking", "thinking": "Let"}],
        [{"type": "thinking", "thinking": " me"}],
        [{"type": "thinking", "thinking": "", "signature": "sig"}],
    ]


def test_who_called_is_kept() -> None:
    (call,) = message_of("call-prefilled").tool_calls or []
    assert call.get("caller") == {"type": "code_execution_20260120", "tool_id": "srvtoolu_1"}


def test_a_call_of_the_server_comes_once() -> None:
    chunks = read(FORMAT, [BODIES["web-search"]]).chunks
    found = [chunk.choices[0].delta.provider_specific_fields or {} for chunk in chunks]
    assert sum("server_tool_calls" in fields for fields in found) == 1


@pytest.mark.parametrize(("name", "prompt"), [("cut-after-cache-report", 103), ("cut-in-text", 10)])
def test_of_an_answer_cut_off_the_prompt_is_known_and_the_rest_an_estimate(name: str, prompt: int) -> None:
    usage = response_of(name).usage
    assert usage.is_estimated
    assert (usage.prompt_tokens, usage.completion_tokens) == (prompt, 1)
    assert usage.total_tokens == prompt + 1


def test_the_builder_agrees() -> None:
    (response,) = rillm.decode("anthropic", [BODIES["text"]]).pipe(rillm.accumulate())
    assert summary(response) == HI


def test_which_frame_is_the_last() -> None:
    frames = SSEFramer().feed(BODIES["text"])
    assert [is_message_stop(frame) for frame in frames] == [False] * (len(frames) - 1) + [True]
