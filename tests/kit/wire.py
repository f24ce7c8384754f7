"""What an OpenAI server puts on the wire."""

from __future__ import annotations

import json
from typing import Any

DONE = b"data: [DONE]\n\n"


def event(data: dict[str, Any]) -> bytes:
    return b"data: " + json.dumps(data).encode() + b"\n\n"


def frame(text: str, index: int = 0, **fields: Any) -> bytes:
    """A chunk with a piece of text."""
    return event({**head(), "choices": [{"index": index, "delta": {"content": text}}], **fields})


def finish(reason: str = "stop", index: int = 0) -> bytes:
    return event({**head(), "choices": [{"index": index, "delta": {}, "finish_reason": reason}]})


def usage(prompt: int = 7, completion: int = 3) -> bytes:
    counts = {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}
    return event({**head(), "choices": [], "usage": counts})


def head() -> dict[str, Any]:
    return {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1700000000, "model": "gpt-served"}


def answer(*texts: str) -> bytes:
    """A whole body."""
    return b"".join(frame(text) for text in texts) + finish() + DONE
