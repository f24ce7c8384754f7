"""Anthropic's thinking blocks: https://docs.anthropic.com/en/docs/build-with-claude/extended-thinking."""

from __future__ import annotations

from typing import Any, Final

from rillm.streams.json_values import is_array, is_object

REDACTED: Final = "redacted_thinking"


def is_ended(piece: dict[str, Any]) -> bool:
    """Whether the next piece is one of another block."""
    return bool(piece.get("signature")) or piece.get("type") == REDACTED


def joined_blocks(pieces: Any) -> Any:
    """Whole blocks from streamed pieces, in their order. A signature ends a block; redacted ones come whole.

    What has no signature is left out: a follow-up request could not send it back. Its text is in `reasoning_content`.
    The `index` of a block is not Anthropic's: `to_sse` numbers them.
    """
    if not is_array(pieces):
        return pieces
    blocks: list[Any] = []
    texts: list[str] = []
    for piece in pieces:
        if not is_object(piece):
            continue
        if piece.get("type") == REDACTED:
            blocks.append({name: value for name, value in piece.items() if name != "index"})
            continue
        texts.append(str(piece.get("thinking") or ""))
        if piece.get("signature"):
            blocks.append({"type": "thinking", "thinking": "".join(texts), "signature": piece["signature"]})
            texts = []
    return blocks
