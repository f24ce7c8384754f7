"""Anthropic's thinking blocks: https://docs.anthropic.com/en/docs/build-with-claude/extended-thinking."""

from __future__ import annotations

from typing import Any

from rillm.streams.json_values import is_array, is_object


def joined_blocks(pieces: Any) -> Any:
    """Whole blocks from streamed pieces, in their order. A signature ends a block; redacted ones come whole.

    What has no signature is left out: a follow-up request could not send it back. Its text is in `reasoning_content`.
    """
    if not is_array(pieces):
        return pieces
    blocks: list[Any] = []
    texts: list[str] = []
    for piece in pieces:
        if not is_object(piece):
            continue
        if piece.get("type") == "redacted_thinking":
            blocks.append(piece)
            continue
        texts.append(str(piece.get("thinking") or ""))
        if piece.get("signature"):
            blocks.append({"type": "thinking", "thinking": "".join(texts), "signature": piece["signature"]})
            texts = []
    return blocks
