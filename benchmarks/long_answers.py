"""CPU per chunk of the operators that keep some of an answer, by the length of the answer."""

from __future__ import annotations

import gc
import json
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel
from reactivex import operators as ops

import rillm
from benchmarks.operators import cpu_of, source
from benchmarks.report import Bound, Table
from benchmarks.timing import MICRO, Best
from benchmarks.wire import words
from rillm.testing import chunk

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.operator_rows import Operator
    from benchmarks.server import Server
    from benchmarks.sizes import Sizes

    Row = tuple[Operator, Callable[[int], str], Callable[[str], dict[str, Any]], Callable[[Any], None]]

CUT = 5  # characters in a chunk
# Of a chunk of the longest answer, against one of an answer of a hundredth; long ones overrun the machine's caches.
LIMIT = 1.5


class Step(BaseModel):
    title: str
    minutes: int
    is_done: bool
    tags: list[str]


class Steps(BaseModel):
    steps: list[Step]


class Story(BaseModel):
    title: str
    text: str


def measure(_server: Server, sizes: Sizes) -> list[Table]:
    lengths = [sizes.few // 10, sizes.few, sizes.chunks, sizes.many]
    columns = ("operator", *(f"{length * CUT / 1000:g} kB: µs" for length in lengths), "longest to second")
    table = Table(f"Answers in chunks of {CUT} characters: CPU per chunk, best of {sizes.peer_rounds + 1}", columns)
    for name, row in ROWS.items():
        times = [seconds(row, length, sizes) for length in lengths]
        ratio = times[-1] / times[1]
        table.rows.append((name, *(one * MICRO for one in times), ratio))
        if not name.endswith(LOOKED_AT):  # a value is as long as what it shows
            table.bounds.append(Bound(f"{name}, longest answer", ratio, LIMIT))
    return [table]


def seconds(row: Row, length: int, sizes: Sizes) -> float:
    operator, write, delta, look = row
    text = write(length * CUT)
    chunks = [chunk(delta=delta(text[at : at + CUT])) for at in range(0, len(text), CUT)] + [chunk(finish="stop")]
    best = Best()
    gc.collect()
    gc.freeze()  # what is given is no business of the collector
    for _ in range(sizes.peer_rounds + 1):
        best.add("", cpu_of(map(look, source(chunks).pipe(operator))))
    gc.unfreeze()
    return best[""] / len(chunks)


def story(length: int) -> str:
    return json.dumps({"title": "Rivers", "text": "".join(words(length // 5))[:length]})


def steps(length: int) -> str:
    step = {"title": "Follow the river", "minutes": 12, "is_done": True, "tags": ["a", "b"]}
    return json.dumps({"steps": [step] * max(1, length // len(json.dumps(step)))})


def content(text: str) -> dict[str, Any]:
    return {"content": text}


def call(text: str) -> dict[str, Any]:
    function = {"name": "save", "arguments": text}
    return {"tool_calls": [{"index": 0, "id": "call_1", "type": "function", "function": function}]}


def nothing(_item: object) -> None: ...


def value(partial: Any) -> None:
    partial.value  # noqa: B018 - is made


def prose(length: int) -> str:
    return "".join(words(length // CUT))[:length]


def secrets(length: int) -> str:
    return ("Write to ann@example.org with sk-12345678. " * (length // 40 + 1))[:length]


def endless(length: int) -> str:
    return "begin" + prose(length)


LOOKED_AT = "each looked at"
ROWS: dict[str, Row] = {
    "Rx map": (ops.map(lambda one: one), story, content, nothing),
    "partial_json, one text": (rillm.partial_json(Story), story, content, nothing),
    f"partial_json, one text, {LOOKED_AT}": (rillm.partial_json(Story), story, content, value),
    "partial_json, a list": (rillm.partial_json(Steps), steps, content, nothing),
    f"partial_json, a list, {LOOKED_AT}": (rillm.partial_json(Steps), steps, content, value),
    "json_elements": (rillm.json_elements("steps", Step), steps, content, nothing),
    "redact": (rillm.redact(r"sk-\w+"), prose, content, nothing),
    "redact, a match in nine chunks": (rillm.redact(r"sk-\w+"), secrets, content, nothing),
    "redact, what any word may begin": (rillm.redact(r"[\w.]+@[\w.]+"), secrets, content, nothing),
    "redact, a match without an end": (rillm.redact(r"begin[\s\S]*end"), endless, content, nothing),
    "stop_at": (rillm.stop_at("</s>"), prose, content, nothing),
    "split_thinking": (rillm.split_thinking(), prose, content, nothing),
    "tool_calls": (rillm.tool_calls(), steps, call, nothing),
    "tool_calls, none": (rillm.tool_calls(), story, content, nothing),
}
