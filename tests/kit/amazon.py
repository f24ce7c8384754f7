"""What Amazon Bedrock puts on the wire."""

from __future__ import annotations

import json
from base64 import b64encode
from struct import pack
from typing import Any
from zlib import crc32

HEADERS = {"Content-Type": "application/vnd.amazon.eventstream"}


def message(headers: dict[str, str], payload: bytes) -> bytes:
    """A message of an event stream; all of its headers are text."""
    pairs = [(name.encode(), value.encode()) for name, value in headers.items()]
    head = b"".join(pack(">B", len(name)) + name + pack(">BH", 7, len(value)) + value for name, value in pairs)
    prelude = pack(">II", 16 + len(head) + len(payload), len(head))
    body = prelude + pack(">I", crc32(prelude)) + head + payload
    return body + pack(">I", crc32(body))


def event(name: str, data: dict[str, Any]) -> bytes:
    """An event as Bedrock sends it, with padding."""
    headers = {":event-type": name, ":content-type": "application/json", ":message-type": "event"}
    return message(headers, json.dumps({**data, "p": "abcdefgh"}).encode())


def exception(name: str, text: str, **fields: Any) -> bytes:
    headers = {":exception-type": name, ":content-type": "application/json", ":message-type": "exception"}
    return message(headers, json.dumps({"message": text, **fields}).encode())


def error(code: str, text: str) -> bytes:
    """The other kind of failure that the format has: without a payload."""
    return message({":message-type": "error", ":error-code": code, ":error-message": text}, b"")


def wrapped(chunk: Any) -> bytes:
    """A vendor's chunk."""
    data = chunk if isinstance(chunk, bytes) else json.dumps(chunk).encode()
    return event("chunk", {"bytes": b64encode(data).decode()})


# Converse

START = event("messageStart", {"role": "assistant"})
USED = {"inputTokens": 3, "outputTokens": 1, "totalTokens": 4}
METADATA = event("metadata", {"usage": USED, "metrics": {"latencyMs": 5}})


def delta(data: Any, block: int = 0) -> bytes:
    return event("contentBlockDelta", {"contentBlockIndex": block, "delta": data})


def text(piece: str, block: int = 0) -> bytes:
    return delta({"text": piece}, block)


def begin(block: int, start: dict[str, Any]) -> bytes:
    return event("contentBlockStart", {"contentBlockIndex": block, "start": start})


def call(block: int, identifier: str, name: str, *pieces: str, **fields: str) -> bytes:
    """A whole call of a tool."""
    tool = {"toolUseId": identifier, "name": name, **fields}
    inputs = b"".join(delta({"toolUse": {"input": piece}}, block) for piece in pieces)
    return begin(block, {"toolUse": tool}) + inputs + end(block)


def end(block: int = 0) -> bytes:
    return event("contentBlockStop", {"contentBlockIndex": block})


def stop(reason: str = "end_turn", **fields: Any) -> bytes:
    return event("messageStop", {"stopReason": reason, **fields})


def answer(*pieces: str, reason: str = "end_turn") -> bytes:
    """A whole body."""
    return START + b"".join(text(piece) for piece in pieces) + end() + stop(reason) + METADATA
