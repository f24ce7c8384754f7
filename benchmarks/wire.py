"""What the server sends: an answer of OpenAI's chat completions as server-sent events, and what the clients ask."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

MODEL = "gpt-4o-mini"
MESSAGES = [{"role": "user", "content": "Tell me about rivers."}]
API_KEY = "sk-of-nobody"
REQUEST: dict[str, Any] = {"model": MODEL, "messages": MESSAGES, "stream": True}
HEADERS = {"Authorization": f"Bearer {API_KEY}"}
DONE = b"data: [DONE]\n\n"

TEXT = """\
A river begins where rain, snow or a spring gives more water than the ground can hold. It runs down along the
steepest way that it finds, "cuts" a valley into the rock, and carries what it has taken to the plain, where it
slows down and lays it aside: first the stones, then sand, and at last the finest mud. Nobody has counted all
rivers; the longest are the Nile and the Amazon, which alone brings a fifth of all the fresh water that reaches the
sea. People have always lived beside them: for drinking, for fishing, for mills and ships, and because fields that
are flooded each spring need no other care.
"""
WORDS = [f" {word}" for word in TEXT.split()]  # each with the space before it, as tokens come


def event(delta: dict[str, Any], finish_reason: str | None = None) -> bytes:
    chunk = {
        "id": "chatcmpl-CdT4fQk0vW2mYz81LrXnJb6sHgEaP",
        "object": "chat.completion.chunk",
        "created": 1760000000,
        "model": "gpt-4o-mini-2024-07-18",
        "service_tier": "default",
        "system_fingerprint": "fp_560af6e559",
        "choices": [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}],
    }
    return b"data: %b\n\n" % json.dumps(chunk, separators=(",", ":")).encode()


def words(chunks: int, *, distinct: bool = False) -> list[str]:
    """The text of an answer, chunk by chunk; `distinct` makes each another one, so that no parser can share them."""
    return [WORDS[number % len(WORDS)] + (str(number) if distinct else "") for number in range(chunks)]


@cache
def events(chunks: int, *, distinct: bool = False) -> list[bytes]:
    """The events of an answer whose text comes in so many chunks, each as an HTTP chunk of its own."""
    first = event({"role": "assistant", "content": "", "refusal": None})
    texts = (event({"content": word}) for word in words(chunks, distinct=distinct))
    all_events = [first, *texts, event({}, "stop"), DONE]
    return [b"%x\r\n%b\r\n" % (len(data), data) for data in all_events]
