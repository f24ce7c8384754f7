from __future__ import annotations

from typing import Any

import pytest

from rillm.streams import open_call
from rillm.streams.function import ChatCompletionDeltaToolCall
from rillm.streams.json_scanner import JsonScanner
from rillm.streams.tool_calls import OpenCalls

Sent = tuple[int | None, str | None, str | None, str]  # index, id, name, arguments

# Deltas, each with its fragments; the call that each fragment belongs to; id, name and arguments of the calls.
CASES: dict[str, tuple[list[list[Sent]], list[int], list[tuple[str | None, str | None, str]]]] = {
    "as OpenAI sends": (
        [[(0, "a", "f", "")], [(0, None, None, "{")], [(0, None, None, "}")], [(1, "b", "g", "{}")]],
        [0, 0, 0, 1],
        [("a", "f", "{}"), ("b", "g", "{}")],
    ),
    "interleaved": (
        [[(0, "a", "f", ""), (1, "b", "g", "")], [(1, None, None, "1"), (0, None, None, "2")]],
        [0, 1, 1, 0],
        [("a", "f", "2"), ("b", "g", "1")],
    ),
    "the id decides before the index": (
        [[(0, "a", "f", "")], [(0, "b", "g", "")], [(0, "a", None, "1")], [(0, "b", None, "2")]],
        [0, 1, 0, 1],
        [("a", "f", "1"), ("b", "g", "2")],
    ),
    "an id without a name begins nothing": (
        [[(0, "a", "f", "1")], [(0, "x", None, "2")], [(None, "y", None, "3")]],
        [0, 0, 0],
        [("a", "f", "123")],
    ),
    "the same id at another index": (
        [[(0, "0", "f", "1")], [(1, "0", "g", "2")], [(0, "0", "f", "3")], [(1, "0", None, "4")]],
        [0, 1, 0, 1],
        [("0", "f", "13"), ("0", "g", "24")],
    ),
    "the same id twice in one delta": (
        [[(None, "0", "f", "{}"), (None, "0", "g", "{}")]],
        [0, 1],
        [("0", "f", "{}"), ("0", "g", "{}")],
    ),
    "pieces of one call in one delta": (
        [[(0, "a", "f", '{"x"'), (0, "a", "f", ":1}")]],
        [0, 0],
        [("a", "f", '{"x":1}')],
    ),
    "a name alone goes on with a call that is open": (
        [[(0, None, "f", "{")], [(0, None, "f", "}")]],
        [0, 0],
        [(None, "f", "{}")],
    ),
    "a name alone begins another after a whole one": (
        [[(0, None, "f", "{}\n")], [(0, None, "g", "{}")]],
        [0, 1],
        [(None, "f", "{}\n"), (None, "g", "{}")],
    ),
    "white space after a whole one": (
        [[(0, None, "f", "{}")], [(0, None, None, "\n")], [(0, None, "g", "{}")]],
        [0, 0, 1],
        [(None, "f", "{}\n"), (None, "g", "{}")],
    ),
    "an inner brace is no end": (
        [[(0, None, "f", '{"x":{}')], [(0, None, "f", "}")]],
        [0, 0],
        [(None, "f", '{"x":{}}')],
    ),
    "whole calls in one delta, without ids": (
        [[(0, None, "f", ""), (0, None, "g", "")]],
        [0, 1],
        [(None, "f", ""), (None, "g", "")],
    ),
    "an index that comes later": (
        [[(None, "a", "f", "")], [(0, None, None, "1")], [(0, None, None, "2")]],
        [0, 0, 0],
        [("a", "f", "12")],
    ),
    "without index and id, the latest": (
        [[(None, "a", "f", "1")], [(None, None, None, "2")], [(None, "b", "g", "3")], [(None, None, None, "4")]],
        [0, 0, 1, 1],
        [("a", "f", "12"), ("b", "g", "34")],
    ),
    "index first, id in a later fragment": (
        [[(0, None, "f", "")], [(0, "a", None, "1")], [(0, "a", "f", "2")]],
        [0, 0, 0],
        [("a", "f", "12")],
    ),
    "a name in pieces": (
        [[(0, "a", "get_", "")], [(0, None, "weather", "")], [(0, None, None, "{}")]],
        [0, 0, 0],
        [("a", "get_weather", "{}")],
    ),
    "a name that grows, then comes again": (
        [[(0, "a", "get", "")], [(0, "a", "get_weather", "{")], [(0, "a", "get_weather", "}")]],
        [0, 0, 0],
        [("a", "get_weather", "{}")],
    ),
    "nothing but arguments": ([[(None, None, None, "1")]], [0], [(None, None, "1")]),
}


def fragment(sent: Sent) -> ChatCompletionDeltaToolCall:
    index, call_id, name, arguments = sent
    values = {"index": index, "id": call_id, "function": {"name": name, "arguments": arguments}}
    return ChatCompletionDeltaToolCall.model_validate(values)


@pytest.mark.parametrize(("deltas", "numbers", "closed"), CASES.values(), ids=list(CASES))
def test_calls(deltas: list[list[Sent]], numbers: list[int], closed: list[tuple[str | None, str | None, str]]) -> None:
    calls = OpenCalls()
    assert [number for delta in deltas for number in calls.add([fragment(sent) for sent in delta])] == numbers
    whole = [call.closed() for call in calls.calls]
    assert [(call.id, call.function.name, call.function.arguments) for call in whole] == closed
    assert {call.type for call in whole} == {"function"}


def custom(**values: Any) -> ChatCompletionDeltaToolCall:
    return ChatCompletionDeltaToolCall.model_validate(values)


def test_custom_call_keeps_repeated_pieces_of_its_input() -> None:
    calls = OpenCalls()
    calls.add([custom(index=0, id="a", type="custom", custom={"name": "code", "input": ""})])
    for _ in range(3):
        calls.add([custom(index=0, custom={"name": "code", "input": "ha"})])
    (whole,) = [call.closed() for call in calls.calls]
    assert (whole.id, whole.type) == ("a", "custom")
    assert whole.model_dump()["custom"] == {"name": "code", "input": "hahaha"}


def test_custom_call_without_its_type() -> None:
    calls = OpenCalls()
    calls.add([custom(index=0, id="a", custom={"name": "code", "input": "x"})])
    assert calls.calls[0].closed().type == "custom"


def test_type_is_what_was_sent_last() -> None:
    calls = OpenCalls()
    calls.add([custom(index=0, id="a", type="special")])
    calls.add([custom(index=0)])
    calls.add([custom(index=0, type=None)])
    assert calls.calls[0].closed().type == "special"


def test_fields_that_we_do_not_know_are_merged() -> None:
    calls = OpenCalls()
    calls.add([custom(index=0, id="a", extra_content={"google": {"thought_signature": "s"}})])
    calls.add([custom(index=0, extra_content={"google": {"other": 1}})])
    calls.add([custom(index=0, extra_content=None)])
    extra = calls.calls[0].closed().get("extra_content")
    assert extra == {"google": {"thought_signature": "s", "other": 1}}


def test_repeated_names_do_not_read_the_arguments_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []

    class Counted(JsonScanner):
        def feed(self, piece: str) -> None:
            read.append(len(piece))
            super().feed(piece)

    monkeypatch.setattr(open_call, "JsonScanner", Counted)
    calls = OpenCalls()
    sent = ['{"x": [', *["1, "] * 1000, "1]", "}"]
    for piece in sent:
        calls.add([fragment((0, None, "f", piece))])
    assert len(calls.calls) == 1
    assert 0 < sum(read) <= len("".join(sent))


@pytest.mark.parametrize("code", ["function f() { return 1 }", "{ return 1 }", "f({})"])
def test_code_is_no_whole_object(code: str) -> None:
    calls = OpenCalls()
    calls.add([custom(index=0, id="a", type="custom", custom={"name": "code", "input": code})])
    calls.add([custom(index=0, custom={"name": "code", "input": "\n"})])
    assert [call.arguments for call in calls.calls] == [[code, "\n"]]
