from __future__ import annotations

import gc
import sys
from typing import TYPE_CHECKING, Any

import pytest

from rillm import ModelResponseStream
from rillm.streams.accumulator import Accumulator
from tests.kit.parts import fragment, part, text

if TYPE_CHECKING:
    from types import FrameType


def called(chunks: list[ModelResponseStream]) -> list[str]:
    """The functions, Python's and C's, that are called to accumulate `chunks`."""
    names: list[str] = []

    def profile(frame: FrameType, event: str, function: Any) -> None:
        if event in {"call", "c_call"}:
            names.append(frame.f_code.co_name if event == "call" else function.__name__)

    accumulator = Accumulator()
    before = sys.getprofile()
    gc.disable()  # its callbacks would be counted
    sys.setprofile(profile)
    try:
        for chunk in chunks:
            accumulator.add(chunk)
    finally:
        sys.setprofile(before)
        gc.enable()
    return names


@pytest.mark.parametrize(
    "each",
    [
        part({"content": "word "}),
        part({"reasoning_content": "word "}),
        part({"audio": {"data": "AAAA"}}),
        part({"annotations": [{"a": 1}]}),
        part({"reasoning_details": [{"type": "reasoning.text", "text": "word ", "index": 0}]}),
        part({"content": "word "}, logprobs={"content": [{"token": "word"}]}),
        fragment(0, name="f", arguments="word "),
    ],
)
def test_linear(each: dict[str, Any]) -> None:
    """Twice the chunks, twice the calls, none of which joins what came before: so each costs the same."""
    chunks = [ModelResponseStream.model_validate(each) for _ in range(2000)]
    called(chunks[:1])  # models are built at their first use
    once, twice = called(chunks[:1000]), called(chunks)
    assert len(twice) <= 2.1 * len(once)
    assert "join" not in twice


def test_texts_are_kept_as_they_came() -> None:
    """Nor does a text grow by `+`, which no profiler sees."""
    accumulator = Accumulator()
    parts = [
        *text("a", "b"),
        *(part({"reasoning_content": piece}) for piece in "cd"),
        *(part({"audio": {"data": piece}}) for piece in "ef"),
        *(fragment(0, arguments=piece) for piece in "gh"),
    ]
    for chunk in map(ModelResponseStream.model_validate, parts):
        accumulator.add(chunk)
    kept = {item for item in reachable(accumulator) if isinstance(item, str)}
    assert set("abcdefgh") <= kept
    assert not {"ab", "cd", "ef", "gh"} & kept


def reachable(item: object) -> list[object]:
    """What an object of ours holds, with the pieces inside."""
    if isinstance(item, dict | list):
        values: list[object] = list(item.values() if isinstance(item, dict) else item)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    elif type(item).__module__.startswith("rillm"):
        values = [getattr(item, name) for name in (*getattr(item, "__slots__", ()), *getattr(item, "__dict__", ()))]
    else:
        return [item]
    return [inner for value in values for inner in reachable(value)]
