from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

import rillm
from rillm.providers.openai_responses import OpenAIResponsesDecoder, is_last
from rillm.streams.errors import StreamTruncatedError
from rillm.streams.frame import NamedFrame
from tests.wire.outcome import read
from tests.wire.summary import summary
from tests.wire.table_openai_responses import ANSWERS, OPENAI_RESPONSES

if TYPE_CHECKING:
    from rillm import ModelResponse

FORMAT, BODIES = OPENAI_RESPONSES.format, OPENAI_RESPONSES.bodies
STREAMED = sorted(name for name in ANSWERS if not name.startswith("body"))
END = (b"response.completed", b"response.incomplete")


def response_of(name: str) -> ModelResponse:
    response = read(FORMAT, [BODIES[name]]).response
    assert response is not None
    return response


@pytest.mark.parametrize("name", ANSWERS)
def test_id_and_model(name: str) -> None:
    response = response_of(name)
    if name in {"never-created", "head-of-wrong-types"}:
        assert response.model is None
        assert str(response.id).startswith("chatcmpl-")
    else:
        assert (response.id, response.created, response.model) == ("resp_1", 1700000000, "m")


@pytest.mark.parametrize("name", STREAMED)
def test_cut_short(name: str) -> None:
    """Before its end has come whole, a stream is not over; what came is a beginning of the answer."""
    body = BODIES[name]
    text = response_of(name).choices[0].message.content or ""
    end = next(body.rindex(mark) for mark in END if mark in body)
    start = body.rfind(b"\n\n", 0, end) + 2
    over = (body + b"\n\n").index(b"\n\n", end)
    for length in [*range(0, start, 11), start, *range(start, over - 1, 29), over - 1]:
        error = read(FORMAT, [body[:length]]).error
        assert isinstance(error, StreamTruncatedError), length
        assert error.partial is None or text.startswith(error.partial.choices[0].message.content or "")


def test_the_finish_comes_last_with_what_the_provider_called_it() -> None:
    chunks = read(FORMAT, [BODIES["incomplete-length"]]).chunks
    seen = [(chunk.choices[0].delta.content, chunk.choices[0].finish_reason) for chunk in chunks]
    assert seen == [("Hi", None), (None, "length")]
    assert chunks[-1].choices[0].delta.provider_specific_fields == {"native_finish_reason": "max_output_tokens"}


def test_usage_comes_with_the_end() -> None:
    chunks = read(FORMAT, [BODIES["usage-details"]]).chunks
    assert not any(chunk.get("usage") for chunk in chunks)
    assert chunks[-1].hidden_params["usage"].prompt_tokens_details.cached_tokens == 4


def test_the_tier_that_served_it() -> None:
    end: dict[str, Any] = {"type": "response.completed", "response": {"service_tier": "flex", "output": []}}
    *_, chunk = OpenAIResponsesDecoder().decode(json.dumps(end).encode())
    assert chunk.get("service_tier") == "flex"


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("error-flat", ("rate_limit_exceeded", "throttling_error")),
        ("error-nested", ("insufficient_quota", "insufficient_quota")),
        ("failed", ("server_error", "internal_server_error")),
    ],
)
def test_what_an_error_tells(name: str, told: tuple[str, str | None]) -> None:
    error = read(FORMAT, [BODIES[name]]).error
    assert error is not None
    assert (error.code, error.type) == told


def test_calls_are_numbered_by_the_order_in_which_they_began() -> None:
    chunks = read(FORMAT, [BODIES["calls-interleaved"]]).chunks
    assert [call.index for chunk in chunks for call in chunk.choices[0].delta.tool_calls or ()] == [0, 1, 0, 1, 0, 1]


def test_a_namespace_stays_with_its_call() -> None:
    calls = response_of("call-with-namespace").choices[0].message.tool_calls or []
    assert [call.get("provider_specific_fields") for call in calls] == [{"namespace": "sums"}]


def test_custom_tools_keep_their_type() -> None:
    calls = response_of("calls-custom").choices[0].message.tool_calls or []
    assert [call.type for call in calls] == ["custom", "custom"]


@pytest.mark.parametrize("name", ["text", "reasoning-twice", "calls-custom"])
def test_accumulate_agrees_with_the_builder(name: str) -> None:
    (response,) = rillm.decode(FORMAT, [BODIES[name]]).pipe(rillm.accumulate())
    assert summary(response) == ANSWERS[name]


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        (NamedFrame(b"{}", "response.completed"), True),
        (NamedFrame(b"{}", "response.failed"), True),
        (NamedFrame(b"{}", "error"), True),
        (NamedFrame(b"{}", "response.output_text.delta"), False),
        (b"[DONE]", True),
        (b"{}", False),
    ],
)
def test_last_frame(frame: bytes, *, expected: bool) -> None:
    assert is_last(frame) is expected
