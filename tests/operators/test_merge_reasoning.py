from __future__ import annotations

from typing import Any

import pytest

import rillm
from tests.kit.calls import MESSAGES


def delta(content: str | None = None, thought: str | None = None, finish: str | None = None, index: int = 0) -> Any:
    thoughts = {} if thought is None else {"reasoning_content": thought}
    choice = {"index": index, "delta": {"content": content, **thoughts}, "finish_reason": finish}
    return rillm.ModelResponseStream.model_validate({"choices": [choice]})


END = delta(finish="stop")


@pytest.mark.parametrize(
    ("chunks", "texts"),
    [
        (
            [delta(thought="Hm"), delta(thought=" so"), delta("Yes"), delta("."), END],
            ["<think>Hm", " so", "</think>Yes", ".", None],
        ),
        ([delta("Yes"), END], ["Yes", None]),
        ([delta(thought="Hm"), END], ["<think>Hm", "</think>"]),
        (
            [delta("", ""), delta(thought="Hm"), delta(""), delta("Yes"), END],
            ["", "<think>Hm", "", "</think>Yes", None],
        ),
        (
            [delta(thought="Hm"), delta("A"), delta(thought="Hm"), delta("B"), END],
            ["<think>Hm", "</think>A", "<think>Hm", "</think>B", None],
        ),
        ([delta(thought="Hm"), delta("Yes", " so"), delta(" sir"), END], ["<think>Hm", " so</think>Yes", " sir", None]),
        ([delta("Yes", "Hm"), END], ["<think>Hm</think>Yes", None]),
        ([delta(thought="Hm", finish="length")], ["<think>Hm</think>"]),
        (
            [delta(thought="Hm"), delta("B", index=1), delta("A"), END],
            ["<think>Hm", "B", "</think>A", None],
        ),
    ],
)
def test_texts(chunks: list[Any], texts: list[str | None]) -> None:
    copies = [chunk.model_copy(deep=True) for chunk in chunks]
    merged = list(rillm.of(*copies).pipe(rillm.merge_reasoning()))
    assert [chunk.choices[0].delta.content for chunk in merged] == texts
    assert not any(hasattr(chunk.choices[0].delta, "reasoning_content") for chunk in merged)


@pytest.mark.parametrize("stream", [False, True])
def test_as_a_parameter(*, stream: bool) -> None:
    answer = rillm.ModelResponse(choices=[{"message": {"content": "Yes", "reasoning_content": "Hm"}}])
    params: dict[str, Any] = {"mock_response": answer, "merge_reasoning_content_in_choices": True}
    if stream:
        text = "".join(rillm.completion("mock/x", MESSAGES, stream=True, **params).pipe(rillm.text()))
    else:
        text = rillm.completion("mock/x", MESSAGES, stream=False, **params).choices[0].message.content or ""
    assert text == "<think>Hm</think>Yes"
