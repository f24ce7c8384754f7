"""Chunks, made short."""

from __future__ import annotations

from typing import Any

import rillm


def chunk(*texts: str | None, finish: str | None = None, **fields: Any) -> rillm.ModelResponseStream:
    """A chunk with a text for each choice."""
    choices = [
        {"index": index, "delta": {"content": text}, "finish_reason": finish} for index, text in enumerate(texts)
    ]
    return rillm.ModelResponseStream.model_validate(
        {"id": "1", "created": 1, "model": "m", "choices": choices, **fields}
    )


def texts_of(chunks: list[rillm.ModelResponseStream], index: int = 0) -> list[str | None]:
    """The text of one choice in each chunk that has it."""
    return [choice.delta.content for one in chunks for choice in one.choices if choice.index == index]
