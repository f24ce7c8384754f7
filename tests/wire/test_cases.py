from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import rillm
from tests.wire.outcome import Outcome, aread, assert_promises, cut, read
from tests.wire.summary import summary
from tests.wire.table import ANSWERS, FAILURES

if TYPE_CHECKING:
    from collections.abc import Callable

    from rillm import RillmError

FOLDER = Path(__file__).with_name("cases")
READERS = pytest.mark.parametrize("reader", [read, aread])

# Content and finish_reason of each chunk that a consumer sees.
SEEN: dict[str, list[tuple[str | None, str | None]]] = {
    "role-first": [("", None), ("Hi", None), (" there", None), (None, "stop")],
    "role-always": [("H", None), ("i", None), (None, "stop")],
    "prompt-filter-first": [("", None), ("Hi", None), (None, "stop")],
    "usage-after-finish": [("Hi", None), (None, "stop")],
    "finish-with-content": [("Hi", None), (None, "stop")],
    "finish-with-native": [("Hi", None), (None, "stop")],
    "finish-changes": [("Hi", None), ("!", None), (None, "stop")],
    "finish-empty-text": [("H", None), ("i", None), (None, "length")],
    "finish-alone": [(None, "content_filter")],
    "done-then-more": [("Hi", None), (None, "stop")],
    "keepalives": [("Hi", None), (None, "stop")],
    "choices-null": [("Hi", None), (None, "stop")],
    "whole-answer": [("Hi", None), (None, "stop")],
}


def format_of(name: str) -> str:
    return "openai-completions" if name.startswith("completions") else "openai-chat"


def body_of(name: str) -> bytes:
    return (FOLDER / f"{name}.sse").read_bytes()


def test_every_file_has_its_row() -> None:
    assert {path.stem for path in FOLDER.iterdir()} == {*ANSWERS, *FAILURES}


@READERS
@pytest.mark.parametrize(("name", "expected"), ANSWERS.items())
def test_answer(name: str, expected: dict[str, Any], reader: Callable[..., Outcome]) -> None:
    outcome = reader(format_of(name), [body_of(name)])
    assert outcome.error is None
    assert_promises(outcome)
    response = outcome.response
    assert response is not None
    assert summary(response) == expected
    assert response.usage.is_estimated == ("usage" not in expected)
    assert response.model == (None if name == "done-alone" else "m")
    made_up = name in {"done-alone", "head-of-wrong-types"}
    assert response.id != "c1" if made_up else response.id == "c1"


@READERS
@pytest.mark.parametrize(("name", "expected"), FAILURES.items())
def test_failure(
    name: str, expected: tuple[type[RillmError], int, str, dict[str, Any] | None], reader: Callable[..., Outcome]
) -> None:
    kind, status, words, partial = expected
    outcome = reader(format_of(name), [body_of(name)])
    assert_promises(outcome)
    error = outcome.error
    assert isinstance(error, kind)
    assert type(error).__name__ == kind.__name__
    assert error.status_code == status
    assert words in error.message
    assert (error.partial and summary(error.partial)) == partial


@pytest.mark.parametrize("name", sorted({*ANSWERS, *FAILURES} - {"nested-too-deep"}))
def test_cut_anywhere(name: str) -> None:
    body = body_of(name)
    whole = read(format_of(name), [body]).comparable()
    assert read(format_of(name), cut(body, [1] * len(body))).comparable() == whole
    assert aread(format_of(name), cut(body, [7] * len(body))).comparable() == whole


@pytest.mark.parametrize(("name", "expected"), SEEN.items())
def test_chunks(name: str, expected: list[tuple[str | None, str | None]]) -> None:
    choices = [chunk.choices[0] for chunk in read(format_of(name), [body_of(name)]).chunks]
    assert [(choice.delta.content, choice.finish_reason) for choice in choices] == expected


def test_usage_that_comes_last_is_found_in_the_last_chunk() -> None:
    chunks = read("openai-chat", [body_of("usage-after-finish")]).chunks
    assert not any(chunk.get("usage") for chunk in chunks)
    assert chunks[-1].hidden_params["usage"].total_tokens == 4


def test_calls_are_numbered_from_0() -> None:
    chunks = read("openai-chat", [body_of("calls-from-1")]).chunks
    assert [call.index for chunk in chunks for call in chunk.choices[0].delta.tool_calls or ()] == [0, 1, 0, 1]


def test_signature_of_a_call_is_kept() -> None:
    response = read("openai-chat", [body_of("calls-with-signature")]).response
    assert response is not None
    calls = response.choices[0].message.tool_calls or []
    assert [call.get("extra_content") for call in calls] == [{"google": {"thought_signature": "s1"}}]


@pytest.mark.parametrize("name", ["usage-zero", "usage-in-parts"])
def test_accumulate_agrees_with_the_builder(name: str) -> None:
    (response,) = rillm.decode("openai-chat", [body_of(name)]).pipe(rillm.accumulate())
    assert summary(response) == ANSWERS[name]
