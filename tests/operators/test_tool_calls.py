from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reactivex import operators as ops

import rillm
from rillm.streams.function import ChatCompletionMessageToolCall
from rillm.streams.stream import from_source
from rillm.testing import chunk, play
from tests.kit import wire
from tests.kit.calls import cold
from tests.kit.json_texts import VALUES as JSON_VALUES
from tests.kit.json_texts import cut_texts
from tests.kit.server import AT_ONCE, Do, script
from tests.kit.sources import SILENCE, Script, both

if TYPE_CHECKING:
    from collections.abc import Callable

    from rillm import ModelResponseStream
    from rillm.testing import Played
    from tests.kit.server import Server


def said(arguments: str, index: int | None = 0, id_: str | None = None, name: str | None = None) -> dict[str, Any]:
    return {"index": index, "id": id_, "function": {"name": name, "arguments": arguments}}


def sent(arguments: str, index: int = 0, id_: str | None = None, name: str | None = None) -> ModelResponseStream:
    return chunk(tool_calls=[said(arguments, index, id_, name)])


def code(text: str, index: int, id_: str | None = None) -> ModelResponseStream:
    custom = {"name": "code", "input": text}
    return chunk(tool_calls=[{"index": index, "id": id_, "type": "custom", "custom": custom}])


def old(arguments: str, name: str | None = None) -> ModelResponseStream:
    return chunk(delta={"function_call": {"name": name, "arguments": arguments}})


VALUES = {
    # The call a: its name, its arguments in two halves, space, what is no JSON, something behind them, and all of it.
    "A": sent("", 0, "a", "add"),
    "1": sent('{"x": '),
    "2": sent("1}"),
    "_": sent(" "),
    "!": sent("x=1"),
    "b": sent('{"x" 1}', 0, "a", "add"),
    "t": sent("</tool_call>"),
    "3": sent("1} </tool_call>"),
    "+": sent('{"x":1}', 0, "a", "add"),
    # The call n, in the same way; and both.
    "N": sent("", 1, "n", "now"),
    "6": sent("{", 1),
    "7": sent("}", 1),
    "8": sent("{}", 1, "n", "now"),
    "B": chunk(tool_calls=[said("{}", 0, "a", "add"), said("{}", 1, "n", "now")], finish="tool_calls"),
    # One whose id comes later, or never.
    "?": sent('{"x":1}', 0, None, "add"),
    "I": sent("", 0, "a"),
    # A custom tool's, with free text; an older one.
    "C": code("{x", 0, "a"),
    "c": code("}y", 0),
    "m": chunk(tool_calls=[{"index": 0, "custom": {"input": "}y"}}]),
    "J": code('{"x":1}', 0, "a"),
    "K": code('{"x', 0, "a"),
    "O": old('{"x":', "add"),
    "o": old("1}"),
    # Another choice, and how the choice is finished.
    "Z": chunk(tool_calls=[said("{}", 0, "z", "f")], index=1, finish="stop"),
    "F": chunk(finish="tool_calls"),
    "S": chunk(finish="stop"),
    "L": chunk(finish="length"),
    "D": chunk(finish="content_filter"),
    "h": chunk("Hi"),
}


def shown(call: object) -> str:
    return (call.id or "?") if isinstance(call, ChatCompletionMessageToolCall) else ""


def played(marbles: str, index: int = 0) -> Played:
    return play(rillm.tool_calls(index), marbles, values=VALUES, show=shown)


def arguments_of(call: Any) -> str:
    return str(call.custom.input if call.custom else call.function.arguments)


@pytest.mark.parametrize(
    ("came", "out", "arguments"),
    [
        # as soon as the JSON closes
        ("-A-1-2-h-F-|", "-----a-----|", ['{"x": 1}']),
        ("-+-F-|", "-a---|", ['{"x":1}']),
        ("-A-1-2-t-F-|", "-----a-----|", ['{"x": 1}']),
        ("-A-1-3-F-|", "-----a---|", ['{"x": 1}']),
        ("-A-1-N-6-2-7-F-|", "---------a-n---|", ['{"x": 1}', "{}"]),
        ("-A-1-N-8-2-F-|", "-------n-a---|", ["{}", '{"x": 1}']),
        # without arguments: when those of a later one begin, or with the choice
        ("-A-N-6-7-F-|", "-----a-n---|", ["{}", "{}"]),
        ("-A-_-N-8-F-|", "-------(a,n)|", ["{}", "{}"]),
        ("-A-N-1-2-6-7-F-|", "-------a---n---|", ['{"x": 1}', "{}"]),
        ("-A-N-F-|", "-----(a,n)|", ["{}", "{}"]),
        ("-A-S-|", "---a-|", ["{}"]),
        # without an id: when it comes, else as those
        ("-?-I-F-|", "---a---|", ['{"x":1}']),
        ("-?-8-F-|", "---(?,n)|", ['{"x":1}', "{}"]),
        ("-?-F-|", "---?-|", ['{"x":1}']),
        # several in a delta, with the end
        ("-B-|", "-(a,n)|", ["{}", "{}"]),
        # what is no JSON is for the caller to judge
        ("-A-!-F-|", "-----a-|", ["x=1"]),
        ("-b-F-|", "---a-|", ['{"x" 1}']),
        ("-A-!-8-F-|", "-----(a,n)|", ["x=1", "{}"]),
        # free text, and older calls
        ("-C-c-F-|", "-----a-|", ["{x}y"]),
        ("-C-c-8-F-|", "-----(a,n)|", ["{x}y", "{}"]),
        ("-J-m-F-|", "-----a-|", ['{"x":1}}y']),
        ("-K-8-F-|", "---(a,n)|", ['{"x', "{}"]),
        ("-O-o-F-|", "-----?-|", ['{"x":1}']),
        # whole before the limit
        ("-+-L-|", "-a---|", ['{"x":1}']),
        ("-?-L-|", "---?-|", ['{"x":1}']),
        # nothing of this choice; errors
        ("-h-S-|", "-----|", []),
        ("-Z-|", "---|", []),
        ("-+-X", "-a-X", ['{"x":1}']),
        ("-A-N-X", "-----X", []),
    ],
)
def test_calls(came: str, out: str, arguments: list[str]) -> None:
    made = played(came)
    assert (made.marbles, [*map(arguments_of, made.items)]) == (out, arguments)


@pytest.mark.parametrize(
    ("came", "out", "words", "retryable", "sent_so_far"),
    [
        ("-A-1-L-|", "-------X", "'add' was cut off, .*length", False, ['{"x": ']),
        ("-A-1-D-|", "-------X", "'add' was cut off, .*content_filter", False, ['{"x": ']),
        ("-A-1-F-|", "-------X", "'add' was cut off, .*tool_calls", False, ['{"x": ']),
        ("-A-L-|", "-----X", "'add' was cut off, .*length", False, [""]),
        ("-A-D-|", "-----X", "'add' was cut off, .*content_filter", False, [""]),
        ("-A-!-L-|", "-------X", "'add' was cut off", False, ["x=1"]),
        ("-C-L-|", "-----X", "'code' was cut off", False, ["{x"]),
        ("-A-1-|", "-----X", "'add' was cut off, .*stream ended", True, ['{"x": ']),
        ("-A-|", "---X", "'add' was cut off, .*stream ended", True, [""]),
        ("-+-N-6-L-|", "-a-------X", "'now' was cut off", False, ['{"x":1}', "{"]),
        ("-A-1-8-L-|", "-----n---X", "'add' was cut off", False, ['{"x": ', "{}"]),
    ],
)
def test_what_was_cut_off_is_not_run(
    came: str, out: str, words: str, *, retryable: bool, sent_so_far: list[str]
) -> None:
    made = played(came)
    assert made.marbles == out
    with pytest.raises(rillm.StreamTruncatedError, match=words) as caught:
        raise made.error or AssertionError
    assert caught.value.retryable is retryable
    assert caught.value.model == "test"
    assert caught.value.partial is not None
    calls = caught.value.partial.choices[0].message.tool_calls or []
    assert [*map(arguments_of, calls)] == sent_so_far


@pytest.mark.parametrize(
    ("came", "out"),
    [("-+-1-h-|", "-a-X"), ("-A-N-6-1-|", "-----a-X"), ("-C-8-----c-h-|", "---(a,n)-X"), ("-B-----+-|", "-(a,n)-X")],
)
def test_a_call_that_was_emitted_does_not_change(came: str, out: str) -> None:
    made = played(came)
    assert made.marbles == out
    assert isinstance(made.error, rillm.StreamDecodeError)
    assert made.let_go == out.index("X")


def test_another_choice() -> None:
    assert played("-A-Z-|", index=1).marbles == "---z-|"


@given(st.lists(cut_texts(st.dictionaries(st.text(max_size=4), JSON_VALUES, max_size=4)), max_size=3), st.booleans())
def test_any_cutting_gives_the_same_calls(cases: list[tuple[Any, str, list[str]]], interleaved: bool) -> None:  # noqa: FBT001 - hypothesis gives it
    heads = [sent("", number, f"id{number}", "f") for number in range(len(cases))]
    bodies = [[sent(piece, number) for piece in pieces if piece] for number, (_, _, pieces) in enumerate(cases)]
    if interleaved:
        longest = max((len(body) for body in bodies), default=0)
        chunks = [*heads, *(body[at] for at in range(longest) for body in bodies if at < len(body))]
    else:
        chunks = [one for head, body in zip(heads, bodies, strict=True) for one in (head, *body)]
    calls = list(rillm.of(*chunks, chunk(finish="tool_calls")).pipe(rillm.tool_calls()))
    expected = {f"id{number}": text for number, (_, text, _) in enumerate(cases)}
    assert {call.id: call.function.arguments for call in calls} == expected


@both
def test_leaving_closes_the_source(collect: Callable[[Any], list[Any]]) -> None:
    source = Script([VALUES["+"]], SILENCE)
    (call,) = collect(from_source(source).pipe(rillm.tool_calls(), ops.take(1)))
    assert call.function.arguments == '{"x":1}'
    assert source.live == 0


def test_a_call_can_be_run_while_the_next_is_written(server: Server) -> None:
    first, second = said('{"x": 1}', 0, "a", "add"), said("{", 1, "n", "now")
    events = [
        wire.event({**wire.head(), "choices": [{"index": 0, "delta": {"tool_calls": [one]}}]})
        for one in (first, second)
    ]
    server.play(script(*events, Do.STALL))
    with cold(server).pipe(rillm.tool_calls()) as calls:
        assert next(calls).function.name == "add"
        calls.close()
    assert server.exchange().left.wait(AT_ONCE)
