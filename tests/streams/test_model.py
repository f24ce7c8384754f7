from __future__ import annotations

from typing import Any

import pytest

from rillm import Delta, ModelResponseStream
from rillm.testing import chunk

HM = chunk(reasoning="Hm").choices[0].delta
WITH_HIDDEN = ModelResponseStream(id="1")
WITH_HIDDEN.hidden_params["response_cost"] = 0.5


@pytest.mark.parametrize(
    ("item", "key", "value"),
    [
        (Delta("x"), "content", "x"),
        (Delta("x"), "role", None),  # a field that is null is there
        (HM, "reasoning_content", "Hm"),
        (Delta(reasoning_content=""), "reasoning_content", ""),
        (WITH_HIDDEN, "hidden_params", {"response_cost": 0.5}),
        (Delta(json="sent"), "json", "sent"),  # a provider's field, not our method
    ],
)
def test_what_is_there(item: Any, key: str, value: object) -> None:
    assert item.get(key, "nothing") == value
    assert key in item


@pytest.mark.parametrize(
    ("item", "key"),
    [
        (Delta("x"), "reasoning_content"),
        (HM, "refusal"),
        (ModelResponseStream(), "usage"),
        (ModelResponseStream(), "_response_ms"),  # a property that has no value yet
    ],
)
def test_what_is_missing(item: Any, key: str) -> None:
    assert item.get(key) is None
    assert item.get(key, "nothing") == "nothing"
    assert key not in item
    assert not hasattr(item, key)


def test_what_was_added_later_is_there() -> None:
    delta = Delta("x")
    assert "citation" not in delta
    delta["citation"] = 1
    assert (delta.get("citation"), "citation" in delta) == (1, True)
    del delta.citation  # type: ignore[attr-defined]
    assert "citation" not in delta
