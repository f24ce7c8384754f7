"""What an Anthropic server puts on the wire, and what is sent to one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from rillm.providers.anthropic_request import encode
from rillm.providers.registration import PROVIDERS
from rillm.providers.request import ChatCall

if TYPE_CHECKING:
    from rillm.providers.request import Request

HI = [{"role": "user", "content": "Hi"}]


def request(messages: list[dict[str, Any]] | None = None, model: str = "claude-sonnet-4-5", **how: Any) -> Request:
    """The request of a call; `base`, `provider` and `drop_params` are of the call, all else are its parameters."""
    base = how.pop("base", "https://api.anthropic.com/v1")
    provider = PROVIDERS[how.pop("provider", "anthropic")]
    drop_params = how.pop("drop_params", False)
    return encode(ChatCall(provider, model, HI if messages is None else messages, how, base, drop_params=drop_params))


def body(messages: list[dict[str, Any]] | None = None, model: str = "claude-sonnet-4-5", **how: Any) -> dict[str, Any]:
    return request(messages, model, **how).body


def event(data: dict[str, Any]) -> bytes:
    return f"event: {data['type']}\ndata: {json.dumps(data)}\n\n".encode()


def start(**usage: int) -> bytes:
    usage = {"input_tokens": 7, "output_tokens": 1, **usage}
    return event({"type": "message_start", "message": {"id": "msg_1", "model": "claude-served", "usage": usage}})


def text(piece: str) -> bytes:
    return event({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": piece}})


def end(reason: str = "end_turn", tokens: int = 3) -> bytes:
    delta = {"type": "message_delta", "delta": {"stop_reason": reason}, "usage": {"output_tokens": tokens}}
    return event(delta) + event({"type": "message_stop"})


def answer(*texts: str) -> bytes:
    """A whole body."""
    block = {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}
    pieces = b"".join(text(piece) for piece in texts)
    return start() + event(block) + pieces + event({"type": "content_block_stop", "index": 0}) + end()
