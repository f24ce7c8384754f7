from __future__ import annotations

import pytest

import rillm
from tests.wire.outcome import read
from tests.wire.summary import summary
from tests.wire.table_openai_chat import ANSWERS, BODIES, format_of

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


@pytest.mark.parametrize("name", ANSWERS)
def test_id_and_model(name: str) -> None:
    response = read(format_of(name), [BODIES[name]]).response
    assert response is not None
    assert response.model == (None if name == "done-alone" else "m")
    assert (response.id == "c1") == (name not in {"done-alone", "head-of-wrong-types"})


@pytest.mark.parametrize(("name", "expected"), SEEN.items())
def test_chunks(name: str, expected: list[tuple[str | None, str | None]]) -> None:
    choices = [chunk.choices[0] for chunk in read(format_of(name), [BODIES[name]]).chunks]
    assert [(choice.delta.content, choice.finish_reason) for choice in choices] == expected


def test_usage_that_comes_last_is_found_in_the_last_chunk() -> None:
    chunks = read("openai-chat", [BODIES["usage-after-finish"]]).chunks
    assert not any(chunk.get("usage") for chunk in chunks)
    assert chunks[-1].hidden_params["usage"].total_tokens == 4


def test_calls_are_numbered_from_0() -> None:
    chunks = read("openai-chat", [BODIES["calls-from-1"]]).chunks
    assert [call.index for chunk in chunks for call in chunk.choices[0].delta.tool_calls or ()] == [0, 1, 0, 1]


def test_signature_of_a_call_is_kept() -> None:
    response = read("openai-chat", [BODIES["calls-with-signature"]]).response
    assert response is not None
    calls = response.choices[0].message.tool_calls or []
    assert [call.get("extra_content") for call in calls] == [{"google": {"thought_signature": "s1"}}]


@pytest.mark.parametrize("name", ["usage-zero", "usage-in-parts"])
def test_accumulate_agrees_with_the_builder(name: str) -> None:
    (response,) = rillm.decode("openai-chat", [BODIES[name]]).pipe(rillm.accumulate())
    assert summary(response) == ANSWERS[name]
