"""OpenRouter's `reasoning_details`: https://openrouter.ai/docs/use-cases/reasoning-tokens."""

from __future__ import annotations

from itertools import groupby
from typing import Any

TEXT_FIELDS = {"reasoning.text": "text", "reasoning.summary": "summary"}


def joined_details(details: Any) -> Any:
    """Whole blocks from streamed pieces: texts that follow each other in one block are joined; encrypted blocks come whole.

    A follow-up request has to send the blocks back as they were, with the signature that came after the text.
    """
    if not isinstance(details, list):
        return details
    blocks: list[Any] = []
    for (kind, _), pieces in groupby(details, key=_kind_and_index):
        blocks.extend([_joined(list(pieces), TEXT_FIELDS[kind])] if kind in TEXT_FIELDS else pieces)
    return blocks


def _kind_and_index(detail: Any) -> tuple[Any, Any]:
    return (detail.get("type"), detail.get("index")) if isinstance(detail, dict) else (None, None)


def _joined(pieces: list[dict[str, Any]], field: str) -> dict[str, Any]:
    block = {key: value for piece in pieces for key, value in piece.items() if value is not None}
    return {**block, field: "".join(str(piece.get(field) or "") for piece in pieces)}
