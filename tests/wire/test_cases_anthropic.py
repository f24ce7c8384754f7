from __future__ import annotations

from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

import rillm
from rillm.providers.anthropic_messages import is_message_stop
from rillm.providers.sse import SSEFramer
from rillm.streams.errors import StreamTruncatedError
from tests.wire.outcome import Outcome, aread, assert_promises, cut, read
from tests.wire.summary import summary
from tests.wire.table_anthropic import ANSWERS, FAILURES, HI

if TYPE_CHECKING:
    from collections.abc import Callable

    from rillm import RillmError

FORMAT = "anthropic-messages"
FOLDER = Path(__file__).with_name("cases_anthropic")
READERS = pytest.mark.parametrize("reader", [read, aread])
LAST = b"message_stop"


def body_of(name: str) -> bytes:
    return (FOLDER / f"{name}.sse").read_bytes()


def partial_of(outcome: Outcome) -> rillm.ModelResponse:
    assert outcome.error is not None
    assert outcome.error.partial is not None
    return outcome.error.partial


def message_of(name: str) -> rillm.Message:
    response = read(FORMAT, [body_of(name)]).response
    assert response is not None
    return response.choices[0].message


def test_every_file_has_its_row() -> None:
    assert {path.stem for path in FOLDER.iterdir()} == {*ANSWERS, *FAILURES}


@READERS
@pytest.mark.parametrize(("name", "expected"), ANSWERS.items())
def test_answer(name: str, expected: dict[str, Any], reader: Callable[..., Outcome]) -> None:
    outcome = reader(FORMAT, [body_of(name)])
    assert outcome.error is None
    assert_promises(outcome)
    response = outcome.response
    assert response is not None
    assert summary(response) == expected
    assert response.usage.is_estimated == ("usage" not in expected)
    assert (response.id, response.model) == ("msg_1", "m")


@READERS
@pytest.mark.parametrize(("name", "expected"), FAILURES.items())
def test_failure(
    name: str, expected: tuple[type[RillmError], int, str, dict[str, Any] | None], reader: Callable[..., Outcome]
) -> None:
    kind, status, words, partial = expected
    outcome = reader(FORMAT, [body_of(name)])
    assert_promises(outcome)
    error = outcome.error
    assert isinstance(error, kind)
    assert type(error).__name__ == kind.__name__
    assert error.status_code == status
    assert words in error.message
    assert (error.partial and summary(error.partial)) == partial


@pytest.mark.parametrize("name", sorted({*ANSWERS, *FAILURES}))
def test_cut_anywhere(name: str) -> None:
    body = body_of(name)
    whole = read(FORMAT, [body]).comparable()
    assert read(FORMAT, cut(body, [1] * len(body))).comparable() == whole
    assert aread(FORMAT, cut(body, [7] * len(body))).comparable() == whole


@pytest.mark.parametrize("name", [name for name in ANSWERS if LAST in body_of(name)])
def test_data_that_ends_early_is_no_end(name: str) -> None:
    body, random = body_of(name), Random(name)  # noqa: S311 - repeatable cuts
    text = message_of(name).content or ""
    for _ in range(30):
        outcome = read(FORMAT, [body[: random.randrange(body.index(LAST))]])
        assert_promises(outcome)
        assert isinstance(outcome.error, StreamTruncatedError)
        if outcome.error.partial is not None:
            assert text.startswith(outcome.error.partial.choices[0].message.content or "")


@pytest.mark.parametrize("name", ["text", "calls", "web-search-between-thoughts", "error-overloaded", "whole-framed"])
def test_events_without_framing(name: str) -> None:
    """Bedrock has them inside frames of its own."""
    frames = [bytes(frame) for frame in SSEFramer().feed(body_of(name))]
    body = b"".join(b"data: " + frame + b"\n\n" for frame in frames)
    assert read(FORMAT, [body]).comparable() == read(FORMAT, [body_of(name)]).comparable()


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
    choices = [chunk.choices[0] for chunk in read(FORMAT, [body_of(name)]).chunks]
    assert [(choice.delta.content, choice.finish_reason) for choice in choices] == expected


def test_what_is_told_of_the_end_is_in_the_last_chunk() -> None:
    chunks = read(FORMAT, [body_of("refusal")]).chunks
    fields = [chunk.choices[0].delta.provider_specific_fields for chunk in chunks]
    assert fields[:-1] == [None] * (len(chunks) - 1)
    assert fields[-1] is not None
    assert fields[-1]["native_finish_reason"] == "refusal"


def test_thinking_comes_as_it_is_thought() -> None:
    deltas = [chunk.choices[0].delta for chunk in read(FORMAT, [body_of("thinking")]).chunks]
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
    chunks = read(FORMAT, [body_of("web-search")]).chunks
    found = [chunk.choices[0].delta.provider_specific_fields or {} for chunk in chunks]
    assert sum("server_tool_calls" in fields for fields in found) == 1


@pytest.mark.parametrize(("name", "prompt"), [("cut-after-cache-report", 103), ("cut-in-text", 10)])
def test_of_an_answer_cut_off_the_prompt_is_known_and_the_rest_an_estimate(name: str, prompt: int) -> None:
    usage = partial_of(read(FORMAT, [body_of(name)])).usage
    assert usage.is_estimated
    assert (usage.prompt_tokens, usage.completion_tokens) == (prompt, 1)
    assert usage.total_tokens == prompt + 1


def test_the_builder_agrees() -> None:
    (response,) = rillm.decode("anthropic", [body_of("text")]).pipe(rillm.accumulate())
    assert summary(response) == HI


def test_which_frame_is_the_last() -> None:
    frames = SSEFramer().feed(body_of("text"))
    assert [is_message_stop(frame) for frame in frames] == [False] * (len(frames) - 1) + [True]
