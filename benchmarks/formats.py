"""CPU per chunk of decoding each wire format, against OpenAI's chat format in the same run."""

from __future__ import annotations

import base64
import json
import zlib
from typing import TYPE_CHECKING, Any

import rillm
from benchmarks.report import Bound, Table
from benchmarks.timing import MICRO, Best, cpu_seconds
from benchmarks.wire import words

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from benchmarks.server import Server
    from benchmarks.sizes import Sizes

    # The beginning of a body, its event for a word, and its end, each as it is sent.
    Shape = tuple[bytes, Callable[[str], bytes], bytes]

BASE = "openai-chat"
WITH_LOGPROBS = "openai-chat with logprobs"  # as every event of tgi-generate has them
LIMIT = 1.5  # of what a chunk of OpenAI's chat format takes


def measure(_server: Server, sizes: Sizes) -> list[Table]:
    table = Table(
        f"decode: CPU per chunk, {sizes.chunks:,} chunks in blocks of one event, best of {sizes.rounds}",
        ("format", "bytes a chunk", "µs", f"{BASE} = 1"),
    )
    bodies = {name: blocks(shape, sizes.chunks) for name, shape in SHAPES.items()}
    best = Best()
    for _ in range(sizes.rounds):
        for name, body in bodies.items():
            best.add(name, cpu_seconds(lambda name=name, body=body: check(name, body)) / sizes.chunks)  # type: ignore[misc]
    for name, body in bodies.items():
        ratio = best[name] / best[BASE]
        table.rows.append((name, float(len(body[len(body) // 2])), best[name] * MICRO, ratio))
        if name not in {BASE, WITH_LOGPROBS}:
            table.bounds.append(Bound(name, ratio, LIMIT))
    return [table]


def blocks(shape: Shape, number: int) -> list[bytes]:
    head, event, end = shape
    return [head, *(event(word) for word in words(number)), end]


def check(name: str, body: Sequence[bytes]) -> None:
    seen = sum(1 for _ in rillm.decode(name.partition(" ")[0], body))
    if seen < len(body) - 2:
        raise RuntimeError(f"{name}: {seen} chunks of {len(body)} events")


def sse(data: dict[str, Any], event: str = "") -> bytes:
    named = f"event: {event}\n" if event else ""
    return f"{named}data: {json.dumps(data, separators=(',', ':'))}\n\n".encode()


def line(data: dict[str, Any]) -> bytes:
    return json.dumps(data, separators=(",", ":")).encode() + b"\n"


def frame(event: str, data: dict[str, Any]) -> bytes:
    """A message of Amazon's event stream."""
    names = {":event-type": event, ":content-type": "application/json", ":message-type": "event"}
    headers = b"".join(
        bytes([len(key)]) + key.encode() + b"\x07" + len(value).to_bytes(2, "big") + value.encode()
        for key, value in names.items()
    )
    payload = json.dumps(data, separators=(",", ":")).encode()
    prelude = (len(headers) + len(payload) + 16).to_bytes(4, "big") + len(headers).to_bytes(4, "big")
    message = prelude + zlib.crc32(prelude).to_bytes(4, "big") + headers + payload
    return message + zlib.crc32(message).to_bytes(4, "big")


def invoked(data: dict[str, Any]) -> bytes:
    wrapped = base64.b64encode(json.dumps(data, separators=(",", ":")).encode()).decode()
    return frame("chunk", {"bytes": wrapped, "p": "abcdefghij"})


CHAT = {"id": "chatcmpl-9tXyZ0aBcDeF", "object": "chat.completion.chunk", "created": 1_700_000_000, "model": "gpt-4o"}


def chat(delta: dict[str, Any], reason: str | None = None, logprobs: dict[str, Any] | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "logprobs": logprobs, "finish_reason": reason}
    return sse({**CHAT, "system_fingerprint": "fp_1", "choices": [choice]})


def chat_with_logprobs(word: str) -> bytes:
    token = {"token": word, "logprob": -0.25, "bytes": [*word.encode()], "top_logprobs": []}
    return chat({"content": word}, logprobs={"content": [token], "refusal": None})


def anthropic(kind: str, **fields: Any) -> bytes:
    return sse({"type": kind, **fields}, kind)


def responses(kind: str, **fields: Any) -> bytes:
    return sse({"type": kind, "sequence_number": 7, **fields}, kind)


def gemini(text: str, **candidate: Any) -> dict[str, Any]:
    counts = {"promptTokenCount": 9, "candidatesTokenCount": 20, "totalTokenCount": 29}
    content = {"parts": [{"text": text}], "role": "model"}
    names = {"modelVersion": "gemini-2.5-flash", "responseId": "x1y2z3"}
    return {"candidates": [{"content": content, **candidate, "index": 0}], "usageMetadata": counts, **names}


def element(text: str, **candidate: Any) -> bytes:
    return b",\n" + json.dumps(gemini(text, **candidate), indent=2).encode()


def cohere(kind: str, **fields: Any) -> bytes:
    return sse({"type": kind, **fields}, kind)


def ollama(text: str, **fields: Any) -> bytes:
    head = {"model": "llama3.2", "created_at": "2026-11-01T12:00:00.123456Z"}
    return line({**head, "message": {"role": "assistant", "content": text}, "done": False, **fields})


def tgi(text: str, whole: str | None = None, details: dict[str, Any] | None = None) -> bytes:
    token = {"id": 5, "text": text, "logprob": -0.25, "special": False}
    return b"data:" + line({"index": 5, "token": token, "generated_text": whole, "details": details}) + b"\n"


STOP = {"delta": {"stop_reason": "end_turn", "stop_sequence": None}, "usage": {"output_tokens": 20}}
MESSAGE: dict[str, Any] = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "claude",
    "content": [],
    "usage": {"input_tokens": 9},
}
BEGIN = anthropic("message_start", message=MESSAGE) + anthropic(
    "content_block_start", index=0, content_block={"type": "text", "text": ""}
)
PLACE: dict[str, Any] = {"item_id": "msg_0123456789abcdef", "output_index": 0, "content_index": 0, "logprobs": []}
RESPONSE = {"id": "resp_1", "object": "response", "created_at": 1_700_000_000, "model": "gpt-5", "status": "completed"}
SHAPES: dict[str, Shape] = {
    BASE: (
        chat({"role": "assistant", "content": ""}),
        lambda word: chat({"content": word}),
        chat({}, "stop") + b"data: [DONE]\n\n",
    ),
    WITH_LOGPROBS: (
        chat({"role": "assistant", "content": ""}),
        chat_with_logprobs,
        chat({}, "stop") + b"data: [DONE]\n\n",
    ),
    "openai-responses": (
        responses("response.created", response={**RESPONSE, "status": "in_progress"}),
        lambda word: responses("response.output_text.delta", **PLACE, delta=word, obfuscation="Xy12"),
        responses("response.completed", response=RESPONSE),
    ),
    "anthropic-messages": (
        BEGIN,
        lambda word: anthropic("content_block_delta", index=0, delta={"type": "text_delta", "text": word}),
        anthropic("message_delta", **STOP) + anthropic("message_stop"),
    ),
    "gemini": (b"", lambda word: sse(gemini(word)), sse(gemini("", finishReason="STOP"))),
    "gemini-json-array": (b"[", element, element("", finishReason="STOP") + b"]"),
    "cohere-v2": (
        cohere("message-start", id="1", delta={"message": {"role": "assistant"}}),
        lambda word: cohere("content-delta", index=0, delta={"message": {"content": {"text": word}}}),
        cohere("message-end", delta={"finish_reason": "COMPLETE", "usage": {"tokens": {"output_tokens": 9}}}),
    ),
    "ollama-chat": (b"", ollama, ollama("", done=True, done_reason="stop", eval_count=9, prompt_eval_count=9)),
    "tgi-generate": (b"", tgi, tgi(".", "all of it", {"finish_reason": "eos_token", "generated_tokens": 9})),
    "bedrock-converse": (
        frame("messageStart", {"role": "assistant"}),
        lambda word: frame("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": word}, "p": "abcdefghij"}),
        frame("messageStop", {"stopReason": "end_turn"})
        + frame("metadata", {"usage": {"inputTokens": 9, "outputTokens": 9, "totalTokens": 18}}),
    ),
    "bedrock-invoke-llama": (
        b"",
        lambda word: invoked({"generation": word, "prompt_token_count": None, "stop_reason": None}),
        invoked({"generation": "", "stop_reason": "stop", "amazon-bedrock-invocationMetrics": {"outputTokenCount": 9}}),
    ),
}
