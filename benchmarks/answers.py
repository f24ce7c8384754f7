"""What operators are given: so many pieces of an answer, and the chunk that finishes it."""

from __future__ import annotations

import random
from typing import Any

from benchmarks import wire
from rillm.testing import chunk


def prose(count: int) -> list[str]:
    """Words with the blank before each, as tokens come; no loop, which a guard would find."""
    return random.Random(1).choices(wire.WORDS, k=count)  # noqa: S311 - no secret


def words(count: int) -> list[Any]:
    return [*map(chunk, prose(count)), chunk(finish="stop")]


def thoughts(count: int) -> list[Any]:
    return [*(chunk(reasoning=word) for word in prose(count)), chunk(finish="stop")]


def json_text(count: int) -> list[Any]:
    return [chunk('["'), *(chunk(word.replace('"', "")) for word in prose(count)), chunk('"]'), chunk(finish="stop")]


def json_array(count: int) -> list[Any]:
    return [chunk("["), *(chunk('"river",') for _ in range(count)), chunk('"sea"]'), chunk(finish="stop")]


def call(count: int) -> list[Any]:
    """The arguments of one call of a tool."""
    begin = {"index": 0, "id": "call_1", "type": "function", "function": {"name": "save", "arguments": '{"text": "'}}
    pieces = [word.replace('"', "") for word in prose(count)] + ['"}']
    deltas = [begin, *({"index": 0, "function": {"arguments": piece}} for piece in pieces)]
    return [*(chunk(tool_calls=[delta]) for delta in deltas), chunk(finish="tool_calls")]


def frames(count: int) -> list[Any]:
    return [event.partition(b"data: ")[2].partition(b"\n")[0] for event in wire.events(count)]
