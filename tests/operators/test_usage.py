"""`usage`: what the ways in which providers report come to."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

import rillm
from rillm.testing import chunk
from tests.kit.sources import both
from tests.wire.test_tables import rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from rillm import ModelResponseStream, Stream, Usage
    from tests.wire.table import Table

    Collect = Callable[[Any], list[Any]]

pytestmark = pytest.mark.usefixtures("counting")

PROMPT = {"prompt_tokens": 7}
BOTH = {**PROMPT, "completion_tokens": 9}
LATER = {**PROMPT, "completion_tokens": 11}


def shown(usages: Iterable[Usage]) -> str:
    """Prompt and completion of each, with `~` before what is an estimate."""
    numbers = [f"{one.prompt_tokens}+{one.completion_tokens}" for one in usages]
    return " ".join("~" * one.is_estimated + number for one, number in zip(usages, numbers, strict=True))


def body(*events: dict[str, Any] | str) -> list[bytes]:
    """Server-sent events, by name where they have a type."""
    named = [event if isinstance(event, str) else json.dumps(event) for event in events]
    kinds = [f"event: {event['type']}\n" if isinstance(event, dict) and "type" in event else "" for event in events]
    return ["".join(f"{kind}data: {data}\n\n" for kind, data in zip(kinds, named, strict=True)).encode()]


def openai(text: str | None, usage: dict[str, Any] | None = None, finish: str | None = None) -> dict[str, Any]:
    delta = {} if text is None else {"content": text}
    choices = [] if text is None and not finish else [{"index": 0, "delta": delta, "finish_reason": finish}]
    return {"id": "c", "created": 1, "model": "m", "choices": choices, **({"usage": usage} if usage else {})}


def anthropic(text: str) -> dict[str, Any]:
    return {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}}


def gemini(text: str, tokens: int | None, finish: str | None = None) -> dict[str, Any]:
    counts = {"promptTokenCount": 7, **({} if tokens is None else {"candidatesTokenCount": tokens})}
    candidate = {"content": {"parts": [{"text": text}], "role": "model"}, "index": 0}
    return {"candidates": [{**candidate, **({"finishReason": finish} if finish else {})}], "usageMetadata": counts}


START: dict[str, Any] = {
    "type": "message_start",
    "message": {"id": "m", "role": "assistant", "content": [], "usage": {"input_tokens": 7, "output_tokens": 1}},
}
BLOCK: dict[str, Any] = {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}
END: dict[str, Any] = {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 9}}


@both
@pytest.mark.parametrize(
    ("name", "events", "expected"),
    [
        # At the end.
        ("openai-chat", [openai(" the"), openai(" cat"), openai(None, None, "stop"), openai(None, BOTH), "[DONE]"],
         "~0+1 ~0+2 7+9"),
        # Never.
        ("openai-chat", [openai(" the"), openai(" cat"), openai(None, None, "stop"), "[DONE]"], "~0+1 ~0+2"),
        # With each chunk, as some servers do: it is of all that came by then.
        ("openai-chat", [openai(" the", {**PROMPT, "completion_tokens": 4}), openai(" cat", BOTH),
                         openai(None, LATER, "stop"), "[DONE]"], "7+4 7+9 7+11"),
        # In the middle: what follows is estimated again.
        ("openai-chat", [openai(" the"), openai(" cat", BOTH), openai(" sat"), openai(None, LATER, "stop"), "[DONE]"],
         "~0+1 7+9 ~7+10 7+11"),
        # Of the prompt at the start, of the answer at the end.
        ("anthropic-messages", [START, BLOCK, anthropic(" the"), anthropic(" cat"), END, {"type": "message_stop"}],
         "~7+1 ~7+2 7+9"),
        # With every chunk, brought up to date in place.
        ("gemini", [gemini(" the", None), gemini(" cat", 5), gemini(" sat", 6), gemini(" mat", 9, "STOP")],
         "~7+1 7+5 7+6 7+9"),
    ],
    ids=["at-the-end", "never", "with-each", "in-the-middle", "anthropic", "gemini"],
)  # fmt: skip
def test_reports(collect: Collect, name: str, events: list[Any], expected: str) -> None:
    assert shown(collect(rillm.decode(name, body(*events)).pipe(rillm.usage()))) == expected


@pytest.mark.parametrize(
    ("chunks", "expected"),
    [
        ([], ""),
        ([chunk(" the"), chunk(usage=BOTH)], "~0+1 7+9"),  # as a call with include_usage has it
        ([chunk(" the"), chunk(usage={**BOTH, "estimated": True})], "~0+1"),  # which adds nothing to our estimate
        ([chunk(" the"), chunk(usage=BOTH), chunk(usage=LATER)], "~0+1 7+9 7+11"),
        ([chunk(" the"), chunk(usage=None), chunk(usage={"prompt_tokens": "?"})], "~0+1"),
        ([chunk(" the"), chunk(usage={**BOTH, "completion_tokens": 0})], "~0+1 7+0"),
        ([chunk(" the"), chunk(finish="stop"), chunk(index=1, reasoning=" cat")], "~0+1 ~0+2"),
    ],
)
def test_reports_in_chunks(chunks: list[ModelResponseStream], expected: str) -> None:
    assert shown(list(rillm.of(*chunks).pipe(rillm.usage()))) == expected


def test_the_prompt_as_the_call_has_estimated_it() -> None:
    messages = [{"role": "user", "content": "a" * 40}]
    first = next(rillm.stream("mock/echo", messages, mock_response="Hi").pipe(rillm.usage()))
    assert (first.prompt_tokens, first.is_estimated) == (13, True)


def test_what_was_emitted_does_not_change() -> None:
    """Gemini's decoder has one object that it brings up to date."""
    events = [gemini(" the", 4), gemini(" cat", 5, "STOP")]
    first, *_, last = rillm.decode("gemini", body(*events)).pipe(rillm.usage())
    assert (first.completion_tokens, last.completion_tokens) == (4, 5)


def test_what_came_before_an_error() -> None:
    usages: list[Usage] = []
    broken: Stream[Usage] = rillm.decode("openai-chat", body(openai(" the"), openai(" cat"))).pipe(rillm.usage())
    with pytest.raises(rillm.StreamTruncatedError):
        usages.extend(broken)
    assert shown(usages) == "~0+1 ~0+2"


@rows("answers")
def test_the_last_is_that_of_the_whole_answer(table: Table, name: str, expected: dict[str, Any]) -> None:
    """For each wire format and body that there is a test of: if anything was reported, that is the last."""
    stream = rillm.decode(table.format, [table.bodies[name]])
    usages = list(stream.pipe(rillm.usage()))
    (response,) = stream.pipe(rillm.accumulate())
    if "usage" in expected:
        assert usages[-1] == response.usage
    assert all(usage.is_estimated for usage in usages) or "usage" in expected
