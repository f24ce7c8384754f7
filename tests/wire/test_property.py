from __future__ import annotations

import json
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.wire.outcome import assert_promises, cut, read
from tests.wire.summary import call_summary

LINE_ENDS = st.sampled_from(["\n", "\r\n", "\r"])
LENGTHS = st.lists(st.integers(1, 60), max_size=30)
ENDS: list[list[str]] = [[], ["data: [DONE]"]]
VALUES = st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=8) | st.none(), max_size=3)


@dataclass
class Answer:
    """What a model says, and the deltas in which a server streams it."""

    texts: list[str] = field(default_factory=list[str])
    calls: list[tuple[str, str, str]] = field(default_factory=list[tuple[str, str, str]])
    deltas: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])


def pieces(draw: st.DrawFn, text: str) -> list[str]:
    places = sorted(draw(st.sets(st.integers(0, len(text)), max_size=4)) | {0, len(text)})
    return [text[start:end] for start, end in pairwise(places)] or [""]


def fragments(draw: st.DrawFn, call: tuple[str, str, str], number: int, style: str) -> list[dict[str, Any]]:
    """The tool call deltas of one call, as servers of three kinds number them."""
    call_id, name, arguments = call
    index: dict[str, Any] = {"indexed": {"index": number}, "all at 0": {"index": 0}, "by id": {}}[style]
    repeated = {} if style == "indexed" else {"id": call_id}
    first, *rest = pieces(draw, arguments)
    return [
        {**index, "id": call_id, "type": "function", "function": {"name": name, "arguments": first}},
        *({**index, **repeated, "function": {"arguments": piece}} for piece in rest),
    ]


@st.composite
def answers(draw: st.DrawFn) -> Answer:
    answer = Answer(texts=draw(st.lists(st.text(max_size=10), max_size=5)))
    style = draw(st.sampled_from(["indexed", "all at 0", "by id"]))
    queues: list[list[dict[str, Any]]] = [[{"content": text} for text in answer.texts]]
    for number in range(draw(st.integers(0, 3))):
        name = draw(st.sampled_from(["add", "sub"]))
        answer.calls.append((f"call_{number}", name, json.dumps(draw(VALUES))))
        queues.append([{"tool_calls": [part]} for part in fragments(draw, answer.calls[-1], number, style)])
    order = draw(st.permutations([number for number, queue in enumerate(queues) for _ in queue]))
    begun = list(dict.fromkeys(number - 1 for number in order if number))
    answer.calls = [answer.calls[number] for number in begun]
    answer.deltas = [queues[number].pop(0) for number in order]
    return answer


@given(answers(), st.sampled_from(["ascii", "utf-8"]), LINE_ENDS, st.sampled_from(ENDS), LENGTHS)
def test_what_was_sent_arrives(
    answer: Answer, escaped_to: str, line_end: str, end: list[str], lengths: list[int]
) -> None:
    choices: list[dict[str, Any]] = [{"index": 0, "delta": delta} for delta in answer.deltas]
    choices.append({"index": 0, "delta": {}, "finish_reason": "stop"})
    frames = [{"id": "c1", "model": "m", "choices": [choice]} for choice in choices]
    lines = ["data: " + json.dumps(frame, ensure_ascii=escaped_to == "ascii") for frame in frames]
    body = "".join(line + line_end * 2 for line in [*lines, *end]).encode()
    outcome = read("openai-chat", cut(body, lengths))
    assert outcome.error is None
    assert_promises(outcome)
    response = outcome.response
    assert response is not None
    message = response.choices[0].message
    assert (message.content or "") == "".join(answer.texts)
    assert [call_summary(call) for call in message.tool_calls or ()] == answer.calls
    assert outcome.comparable() == read("openai-chat", [body]).comparable()
