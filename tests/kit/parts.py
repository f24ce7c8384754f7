"""Chunks as dicts, for tables."""

from __future__ import annotations

from typing import Any

Parts = list[dict[str, Any]]


def part(delta: dict[str, Any], finish_reason: str | None = None, index: int = 0, **rest: Any) -> dict[str, Any]:
    """A chunk of one choice; `logprobs` and the like are the choice's, `usage` and `citations` the chunk's."""
    top: dict[str, Any] = {key: rest.pop(key) for key in ("usage", "citations") if key in rest}
    choice = {"delta": delta, "finish_reason": finish_reason, "index": index, **rest}
    return {"id": "c1", "created": 1, "model": "m", "choices": [choice], **top}


def text(*pieces: str) -> Parts:
    return [part({"content": piece}) for piece in pieces]


def fragment(index: int, **function: str) -> dict[str, Any]:
    return part({"tool_calls": [{"index": index, "function": function}]})
