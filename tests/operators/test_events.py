from __future__ import annotations

import gc
import weakref
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reactivex.scheduler import VirtualTimeScheduler
from reactivex.subject import Subject

import rillm
from rillm.stream_events import (
    ChunkEvent,
    ContentDeltaEvent,
    FunctionToolCallArgumentsDeltaEvent,
    FunctionToolCallArgumentsDoneEvent,
    ReasoningDeltaEvent,
    RefusalDeltaEvent,
)
from rillm.streams.stream import from_source
from rillm.testing import chunk, play
from tests.kit.calls import opened
from tests.kit.chunks import chunk as of_texts
from tests.kit.events import call, calls, shown, sure
from tests.kit.server import AT_ONCE, Do, script
from tests.kit.sources import Script, both
from tests.kit.wire import frame

if TYPE_CHECKING:
    from collections.abc import Callable

    from rillm import ModelResponseStream
    from tests.kit.server import Server

    Collect = Callable[[Any], list[Any]]


STOP = chunk(finish="stop")
CASES: dict[str, tuple[list[ModelResponseStream], list[str]]] = {
    "text": (
        [chunk("Hel"), chunk("lo"), STOP],
        ["content.delta Hel", "content.delta lo", "content.done Hello"],
    ),
    "no empty pieces": ([chunk(""), chunk("a"), chunk(""), STOP], ["content.delta a", "content.done a"]),
    "nothing": ([STOP], []),
    "cut off": ([chunk("Hel")], ["content.delta Hel"]),
    "a piece that comes with the finish": ([chunk("Hi", finish="stop")], ["content.delta Hi", "content.done Hi"]),
    "refusal": (
        [chunk(delta={"refusal": "No"}), chunk(delta={"refusal": "!"}), STOP],
        ["refusal.delta No", "refusal.delta !", "refusal.done No!"],
    ),
    "thoughts are done when the answer begins": (
        [chunk(reasoning="Hm"), chunk(reasoning=" so"), chunk("Yes"), chunk("."), STOP],
        [
            "reasoning.delta Hm",
            "reasoning.delta  so",
            "reasoning.done Hm so",
            "content.delta Yes",
            "content.delta .",
            "content.done Yes.",
        ],
    ),
    "thoughts alone": ([chunk(reasoning="Hm"), STOP], ["reasoning.delta Hm", "reasoning.done Hm"]),
    "thoughts that go on": (
        [chunk(reasoning="a"), chunk("b"), chunk(reasoning="c"), STOP],
        [
            "reasoning.delta a",
            "reasoning.done a",
            "content.delta b",
            "reasoning.delta c",
            "reasoning.done ac",
            "content.done b",
        ],
    ),
    "a call": (
        [calls(call(name="f")), calls(call('{"a"')), calls(call(":1}")), STOP],
        ["call.delta 0 f ", 'call.delta 0 f {"a"', "call.delta 0 f :1}", 'call.done 0 f {"a":1}'],
    ),
    "a call ends text, and the call before": (
        [chunk("Let me"), calls(call("{}", "f")), calls(call("{}", "g", 1)), STOP],
        [
            "content.delta Let me",
            "call.delta 0 f {}",
            "content.done Let me",
            "call.delta 1 g {}",
            "call.done 0 f {}",
            "call.done 1 g {}",
        ],
    ),
    "a call ends thoughts": (
        [chunk(reasoning="Hm"), calls(call("{}", "f"))],
        ["reasoning.delta Hm", "reasoning.done Hm", "call.delta 0 f {}"],
    ),
    "calls at once": (
        [calls(call("{}", "f"), call("{}", "g", 1), finish="tool_calls")],
        ["call.delta 0 f {}", "call.delta 1 g {}", "call.done 0 f {}", "call.done 1 g {}"],
    ),
    "calls side by side": (
        [calls(call("{", "f"), call("[", "g", 1)), calls(call("}"), call("]", number=1)), STOP],
        [
            *("call.delta 0 f {", "call.delta 1 g [", "call.delta 0 f }", "call.delta 1 g ]"),
            *("call.done 0 f {}", "call.done 1 g []"),
        ],
    ),
    "calls that share an index": (
        [calls(call("{}", "f", id="a")), calls(call("{}", "g", id="b")), STOP],
        ["call.delta 0 f {}", "call.delta 1 g {}", "call.done 0 f {}", "call.done 1 g {}"],
    ),
    "a custom tool": ([calls({"index": 0, "type": "custom", "custom": {"name": "f", "input": "x"}}), STOP], []),
    "an answer after a call": (
        [chunk("a"), calls(call("{}", "f")), chunk("b"), STOP],
        [
            *("content.delta a", "call.delta 0 f {}", "content.done a"),
            *("content.delta b", "content.done ab", "call.done 0 f {}"),
        ],
    ),
    "logprobs": (
        [sure("Hel", "lo"), sure("!"), STOP],
        [
            *("content.delta Hello", "logprobs.content.delta Hel,lo", "content.delta !", "logprobs.content.delta !"),
            *("content.done Hello!", "logprobs.content.done Hel,lo,!"),
        ],
    ),
    "logprobs of a refusal": (
        [sure("No", of="refusal"), STOP],
        ["refusal.delta No", "logprobs.refusal.delta No", "refusal.done No", "logprobs.refusal.done No"],
    ),
    "choices": (
        [chunk("a"), chunk("x", index=1), chunk("b"), chunk(finish="stop", index=1), STOP],
        ["content.delta a", "1: content.delta x", "content.delta b", "1: content.done x", "content.done ab"],
    ),
    "choices in one chunk": ([of_texts("a", "x")], ["content.delta a", "1: content.delta x"]),
}


@pytest.mark.parametrize(("chunks", "told"), CASES.values(), ids=CASES)
def test_what_is_told(chunks: list[ModelResponseStream], told: list[str]) -> None:
    """Beside the chunk itself, which comes before all that it brings."""
    seen = list(rillm.of(*chunks).pipe(rillm.events()))
    assert [shown(event) for event in seen if event.type != "chunk"] == told
    assert [event.chunk for event in seen if event.type == "chunk"] == chunks
    assert seen[0].type == "chunk"


@pytest.mark.parametrize(
    ("marbles", "told", "source"),
    [
        ("-a-----------------------|", "-(chunk,content.delta)---|", "^------------------------!"),
        ("-(a,=stop,|)", "-(chunk,content.delta,chunk,content.done,|)", "^!"),
        ("-~Hm---------------------X", "-(chunk,reasoning.delta)-X", "^------------------------!"),
        ("-|", "-|", "^!"),
    ],
)
def test_marbles(marbles: str, told: str, source: str) -> None:
    played = play(rillm.events(), marbles)
    assert (played.marbles, played.source) == (told, source)


def test_by_class_and_by_type() -> None:
    match ContentDeltaEvent("Hel", choice_index=1):
        case ContentDeltaEvent(type="content.delta", delta=delta, choice_index=index):
            assert (delta, index) == ("Hel", 1)
    assert ContentDeltaEvent("Hel") == ContentDeltaEvent("Hel") != ContentDeltaEvent("Hel", choice_index=1)
    assert repr(ContentDeltaEvent("Hel")) == "ContentDeltaEvent(type='content.delta', choice_index=0, delta='Hel')"


@pytest.mark.parametrize(("arguments", "parsed"), [('{"a": [1]}', {"a": [1]}), ("", {}), ("[]", [])])
def test_parsed_arguments(arguments: str, parsed: object) -> None:
    assert FunctionToolCallArgumentsDoneEvent("f", 0, arguments).parsed_arguments == parsed


def test_arguments_that_are_no_json() -> None:
    with pytest.raises(ValueError, match="EOF"):
        _ = FunctionToolCallArgumentsDoneEvent("f", 0, '{"a').parsed_arguments


# What a chunk may be, beside a piece of text, in any order.
MAKERS: list[Callable[[], ModelResponseStream]] = [
    *(lambda: chunk("Hel"), lambda: chunk("x", index=1), lambda: chunk(reasoning="Hm")),
    *(lambda: chunk(delta={"refusal": "No"}), lambda: chunk("a", finish="stop"), lambda: chunk("")),
    *(lambda: calls(call("{", "f")), lambda: calls(call("}")), lambda: sure("Hel", "lo")),
    *(lambda: chunk("a", usage={"prompt_tokens": 1, "completion_tokens": 2}), lambda: chunk("b", citations=["c"])),
    *(lambda: chunk("b", delta={"role": "assistant"}), lambda: chunk(delta={"annotations": [{"a": 1}]})),
    *(lambda: chunk("a", reasoning="b"), lambda: of_texts("a", "x")),
]


def made(maker: Callable[[], ModelResponseStream]) -> ModelResponseStream:
    return maker()


ANYTHING = st.sampled_from(MAKERS).map(made)


@given(st.lists(ANYTHING, max_size=8))
def test_a_snapshot_is_of_its_time(chunks: list[ModelResponseStream]) -> None:
    """Looked at after the end, it is what there was."""
    texts: dict[tuple[str, int], str] = {}
    count = 0
    for event in list(rillm.of(*chunks).pipe(rillm.events())):
        if isinstance(event, ChunkEvent):
            count += 1
            assert event.snapshot == next(rillm.of(*chunks[:count]).pipe(rillm.accumulate()))
        elif isinstance(event, ContentDeltaEvent | ReasoningDeltaEvent | RefusalDeltaEvent):
            key = event.type, event.choice_index
            texts[key] = texts.get(key, "") + event.delta
            assert event.snapshot == texts[key]
        elif isinstance(event, FunctionToolCallArgumentsDeltaEvent):
            texts["call", event.index] = texts.get(("call", event.index), "") + event.arguments_delta
            assert event.arguments == texts["call", event.index]


@pytest.mark.parametrize("delta", [{"content": "a"}, {"reasoning_content": "a"}, {"refusal": "a"}])
def test_chunks_are_not_kept(delta: dict[str, Any]) -> None:
    source: Subject[ModelResponseStream] = Subject()
    events: list[Any] = []
    rillm.events()(source).subscribe(events.append, scheduler=VirtualTimeScheduler())
    source.on_next(chunk("first"))
    gone = chunk(delta=delta)
    piece = weakref.ref(gone)
    source.on_next(gone)
    del gone
    events.clear()
    gc.collect()
    assert piece() is None


@both
def test_sync_and_async(collect: Collect) -> None:
    made = from_source(Script([chunk("Hel")], [chunk("lo"), STOP])).pipe(rillm.events())
    assert [event.type for event in collect(made)] == [event.type for event in collect(made)]
    assert collect(made)[-1].content == "Hello"


def test_leaving_closes_the_connection(server: Server) -> None:
    server.play(script(frame("Hel"), Do.STALL))
    with opened(server).pipe(rillm.events()) as told:
        assert next(event.delta for event in told if event.type == "content.delta") == "Hel"
    assert server.exchange().left.wait(AT_ONCE)
