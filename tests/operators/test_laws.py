"""What holds for every operator that rillm exports."""

from __future__ import annotations

import doctest
import inspect
import os
import re
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import pytest
import reactivex
from reactivex import operators as ops

import rillm
from rillm import testing
from rillm.providers.openai_chat import OpenAIChatDecoder
from rillm.testing import laws, play
from rillm.testing.chunks import read, shown
from rillm.testing.laws import LAWS, Case
from tests.kit.chunks import chunk

if TYPE_CHECKING:
    from collections.abc import Callable

    from reactivex import Observable

    from rillm import ModelResponseStream, Operator, Side, Stream, Usage

CHUNKS = [chunk("a"), chunk("b"), chunk(None, finish="stop")]
JSON = [chunk('["a"'), chunk(', "b"]'), chunk(None, finish="stop")]
CALL = {"index": 0, "id": "1", "function": {"name": "f", "arguments": "{}"}}
CALLS = [testing.chunk(tool_calls=[CALL]), chunk(None, finish="tool_calls")]
THOUGHTS = [read("~a"), read("~b"), *CHUNKS]
FRAMES = [b'{"choices":[{"delta":{"content":"a"}}]}', b'{"choices":[{"delta":{},"finish_reason":"stop"}]}', b"[DONE]"]


def judge(said: Stream[ModelResponseStream]) -> Observable[str]:
    def is_dangerous(text: str) -> bool:
        return "bomb" in text

    return said.pipe(rillm.text(), ops.filter(is_dangerous))


def adaptive(source: Observable[Any]) -> Stream[Any]:
    return rillm.adaptive_merge(source, rillm.of)


def sided(source: Observable[Any]) -> Stream[Any]:
    def item_or_error(side: Side[str, Any]) -> Observable[Any]:
        return rillm.of(side.item) if side.error is None else reactivex.throw(side.error)

    sides: Stream[Any] = rillm.side_by_side({"a": source}).pipe(ops.flat_map(item_or_error))
    return sides


def other(_: rillm.ModelResponse) -> Stream[ModelResponseStream]:
    return rillm.of(chunk("world!"), chunk(None, finish="stop"))


def completion_tokens(usage: Usage) -> str:
    return str(usage.completion_tokens)


class Forgetful:
    """A store that has nothing."""

    def get(self, key: str) -> None: ...

    def set(self, key: str, value: bytes) -> None: ...


def data_of(frame: bytes) -> str:
    return re.sub(r"{.*}", "{…}", frame.decode().removeprefix("data: ").strip())


# Each operator with what it is given.
OPERATORS: dict[Callable[..., Any], tuple[Operator[Any, Any], list[Any]]] = {
    rillm.accumulate: (rillm.accumulate(), CHUNKS),
    rillm.cache: (rillm.cache(Forgetful(), key="k"), CHUNKS),
    rillm.callback_tap: (rillm.callback_tap(), CHUNKS),
    rillm.cost_tap: (rillm.cost_tap(lambda _: None), CHUNKS),
    rillm.adaptive_merge: (adaptive, CHUNKS),
    rillm.fallback_to: (rillm.fallback_to(), CHUNKS),
    rillm.hedge: (rillm.hedge, CHUNKS),
    rillm.lines: (rillm.lines(), CHUNKS),
    rillm.majority: (rillm.majority(2), ["4", "5", "4"]),
    rillm.map_ordered: (rillm.map_ordered(rillm.of), CHUNKS),
    rillm.merge_reasoning: (rillm.merge_reasoning(), CHUNKS),
    rillm.normalize: (rillm.normalize(OpenAIChatDecoder), FRAMES),
    rillm.record: (rillm.record(os.devnull), CHUNKS),
    rillm.retry_before_first_token: (rillm.retry_before_first_token(), CHUNKS),
    rillm.side_by_side: (sided, CHUNKS),
    rillm.repeat_guard: (rillm.repeat_guard(2), CHUNKS),
    rillm.sentences: (rillm.sentences(), CHUNKS),
    rillm.share: (rillm.share(), CHUNKS),
    rillm.smooth: (rillm.smooth(), CHUNKS),
    rillm.tap_end: (rillm.tap_end(lambda _: None), CHUNKS),
    rillm.text: (rillm.text(), CHUNKS),
    rillm.timeouts: (rillm.timeouts(idle=60), CHUNKS),
    rillm.words: (rillm.words(), CHUNKS),
    rillm.json_elements: (rillm.json_elements("", str), JSON),
    rillm.partial_json: (rillm.partial_json(list), JSON),
    rillm.tool_calls: (rillm.tool_calls(), CALLS),
    rillm.latency: (rillm.latency(), CHUNKS),
    rillm.log_tap: (rillm.log_tap(), CHUNKS),
    rillm.otel_tap: (rillm.otel_tap(), CHUNKS),
    rillm.progress: (rillm.progress(), CHUNKS),
    rillm.choice: (rillm.choice(0), CHUNKS),
    rillm.events: (rillm.events(), CHUNKS),
    rillm.number_choices: (rillm.number_choices(), CHUNKS),
    rillm.reasoning: (rillm.reasoning(), THOUGHTS),
    rillm.loop_guard: (rillm.loop_guard(), CHUNKS),
    rillm.budget: (rillm.budget(rillm.Budget(output_tokens=10**9)), CHUNKS),
    rillm.limit_concurrency: (rillm.limit_concurrency(rillm.Slots(10**9)), CHUNKS),
    rillm.limit_tokens: (rillm.limit_tokens(10**9), CHUNKS),
    rillm.moderate: (rillm.moderate(judge), CHUNKS),
    rillm.usage: (rillm.usage(), CHUNKS),
    rillm.redact: (rillm.redact(r"a\d+"), CHUNKS),
    rillm.split_thinking: (rillm.split_thinking(), CHUNKS),
    rillm.stop_at: (rillm.stop_at("."), CHUNKS),
    rillm.continue_with: (rillm.continue_with(other), CHUNKS),
    rillm.to_sse: (rillm.to_sse(heartbeat=60), CHUNKS),
}

every_function = pytest.mark.parametrize("function", OPERATORS, ids=lambda function: function.__name__)
EXCEPTIONS: dict[Callable[..., Any], set[Callable[[Case], None]]] = {
    # It subscribes in its own way, whoever comes first.
    rillm.share: {
        laws.disposing_reaches_the_source,
        laws.the_scheduler_reaches_the_source,
        laws.subscriptions_at_a_time_share_nothing,
    },
    rillm.to_sse: {laws.an_error_passes},  # in the middle of an answer it is a frame
}


def test_none_is_forgotten() -> None:
    functions = filter(inspect.isfunction, (getattr(rillm, name) for name in rillm.__all__))
    assert {f for f in functions if f.__module__.startswith("rillm.operators.")} == OPERATORS.keys()


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
@every_function
def test_the_law(function: Callable[..., Any], law: Callable[[Case], None]) -> None:
    if law not in EXCEPTIONS.get(function, ()):
        law(Case(*OPERATORS[function]))


@every_function
def test_what_it_makes_is_a_stream(function: Callable[..., Any]) -> None:
    operator, items = OPERATORS[function]
    assert isinstance(operator(rillm.of(*items)), rillm.Stream)


# Whose picture shows no chunks (frames, a response, a file, calls), two consumers, or several streams.
NOT_PLAYED = {
    rillm.accumulate, rillm.adaptive_merge, rillm.fallback_to, rillm.hedge, rillm.limit_concurrency, rillm.map_ordered,
    rillm.normalize, rillm.record, rillm.share, rillm.side_by_side, rillm.tool_calls,
}  # fmt: skip
GIVEN: dict[Callable[..., Any], Any] = {rillm.majority: str}
SHOWN: dict[Callable[..., Any], Any] = {
    rillm.events: attrgetter("type"),
    rillm.usage: completion_tokens,
    rillm.to_sse: data_of,
}
BUSY = rillm.RateLimitError("Later.")
# What is used in a box of a picture beside the names of rillm.
IN_BOXES: dict[str, Any] = {
    **dict.fromkeys(["action", "f", "g", "h"], id),
    "judge": judge,
    "other": other,
    "store": Forgetful(),
}


@pytest.mark.parametrize("function", [*OPERATORS.keys() - NOT_PLAYED], ids=lambda function: function.__name__)
def test_the_picture_is_what_happens(function: Callable[..., Any]) -> None:
    lines = (inspect.getdoc(function) or "").splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith(f"    [ {function.__name__}("))
    before, box, after = (re.split(r"\s{2,}", line.strip())[0] for line in lines[at - 1 : at + 2])
    operator = eval(box.strip("[ ]"), {**{name: getattr(rillm, name) for name in rillm.__all__}, **IN_BOXES})  # noqa: S307 - our own docstring
    show = SHOWN.get(function, shown)
    assert play(operator, before, given=GIVEN.get(function, read), error=BUSY, show=show).marbles == after


@every_function
def test_the_file_is_named_as_the_function(function: Callable[..., Any]) -> None:
    assert function.__module__ == f"rillm.operators.{function.__name__}"


@every_function
def test_the_docstring_has_a_marble_picture_and_an_example(function: Callable[..., Any]) -> None:
    text = inspect.getdoc(function) or ""
    before, box, after = text.partition(f"    [ {function.__name__}(")
    assert box
    assert before.splitlines()[-1].strip().startswith("-")
    assert after.splitlines()[1].strip().startswith("-")
    assert "--" not in before.splitlines()[0]
    (example,) = [one for one in doctest.DocTestFinder().find(function, function.__name__) if one.examples]
    assert doctest.DocTestRunner().run(example).failed == 0
