"""OpenRouter's `reasoning_details`: https://openrouter.ai/docs/use-cases/reasoning-tokens."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from rillm.streams.json_values import is_array, is_object

TEXT_FIELDS = {"reasoning.text": "text", "reasoning.summary": "summary"}


def joined_details(details: Any) -> Any:
    """Whole blocks from streamed pieces: texts of one block are joined; encrypted blocks come whole.

    A follow-up request has to send the blocks back as they were, with the signature that came after the text.
    """
    if not is_array(details):
        return details
    blocks: list[Any] = []
    for (kind, _), group in groupby(details, key=_kind_and_index):
        pieces = list(group)
        blocks += [_joined(pieces, TEXT_FIELDS[kind])] if kind in TEXT_FIELDS else pieces
    return blocks


def _kind_and_index(detail: Any) -> tuple[Any, Any]:
    return (detail.get("type"), detail.get("index")) if is_object(detail) else (None, None)


def _joined(pieces: list[dict[str, Any]], field: str) -> dict[str, Any]:
    block = {key: value for piece in pieces for key, value in piece.items() if value is not None}
    return {**block, field: "".join(str(piece.get(field) or "") for piece in pieces)}
