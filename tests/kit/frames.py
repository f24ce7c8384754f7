"""What is in the frames of an event stream."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from rillm.streams.json_values import is_object
from rillm.testing import chunk, play

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from reactivex import Observable

    from rillm.operators.to_sse import SSEFormat
    from rillm.testing.played import Played

FORMATS: tuple[SSEFormat, ...] = ("openai", "anthropic", "ai-sdk")
PINGS = {"openai": b": ping\n\n", "anthropic": b'event: ping\ndata: {"type":"ping"}\n\n', "ai-sdk": b": ping\n\n"}

# Two thoughts with a signature, a text, two calls of which one has no arguments, an end, the usage.
ANSWER = [
    chunk(
        delta={
            "role": "assistant",
            "reasoning_content": "Hm",
            "thinking_blocks": [{"type": "thinking", "thinking": "Hm"}],
        }
    ),
    chunk(delta={"thinking_blocks": [{"type": "thinking", "thinking": "", "signature": "sig"}]}),
    chunk("Hel"),
    chunk("lo ü\u2028\n"),
    chunk(tool_calls=[{"index": 0, "id": "c1", "type": "function", "function": {"name": "add", "arguments": ""}}]),
    chunk(tool_calls=[{"index": 0, "function": {"arguments": '{"x":'}}]),
    chunk(tool_calls=[{"index": 0, "function": {"arguments": " 1}"}}]),
    chunk(tool_calls=[{"index": 1, "id": "c2", "type": "function", "function": {"name": "now", "arguments": ""}}]),
    chunk(finish="tool_calls"),
    chunk(
        usage={
            "prompt_tokens": 7,
            "completion_tokens": 3,
            "total_tokens": 10,
            "prompt_tokens_details": {"cached_tokens": 2},
        }
    ),
]


def data_of(frame: bytes) -> Any:
    """The data of one frame, which is all that there is in it: the JSON, the end marker, or the comment."""
    assert frame.endswith(b"\n\n")
    assert frame.count(b"\n\n") == 1
    *names, line = frame.decode().removesuffix("\n\n").split("\n")
    if line.startswith(":"):
        return line
    text = line.removeprefix("data: ")
    data: Any = text if text == "[DONE]" else json.loads(text)
    assert not names or names == [f"event: {data['type']}"]
    return data


def datas(frames: Sequence[bytes]) -> list[Any]:
    return [data_of(frame) for frame in frames]


def short(frame: bytes) -> str:
    """A frame in a diagram: its type, or what a chunk of OpenAI's says."""
    data = data_of(frame)
    if not is_object(data):
        return "ping" if data == ": ping" else str(data)
    if "type" in data:
        return str(data["type"])
    if "error" in data:
        return "error"
    choices: list[dict[str, Any]] = data["choices"]
    return "".join(choice["delta"].get("content") or f"={choice.get('finish_reason')}" for choice in choices) or "usage"


def played(operator: Callable[[Observable[Any]], Observable[Any]], marbles: str, **options: Any) -> Played:
    return play(operator, marbles, show=short, **options)
