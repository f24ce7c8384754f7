"""Choices that nobody generated, in the frames in which OpenAI would stream them."""

from __future__ import annotations

import json
import re
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from rillm.streams.response import ChatCompletionMessageToolCall, Message

ARGUMENT_PIECES: Final = 3
END: Final = b"[DONE]"


def choice_steps(
    index: int, pieces: Sequence[str], message: Message, finish_reason: str | None = None
) -> list[dict[str, Any]]:
    """One choice as it stands in each of its chunks; the last step finishes it.

    Args:
        index: of the choice.
        pieces: the text of the answer, a chunk each.
        message: the rest of the answer: tool calls and what else it holds; its content is not looked at.
        finish_reason: None for what OpenAI would say.
    """
    others = message.model_dump(exclude_none=True, exclude={"content", "role", "tool_calls"})
    calls = [delta for number, call in enumerate(message.tool_calls or ()) for delta in _call_deltas(number, call)]
    deltas = [*([others] if others else []), *({"content": piece} for piece in pieces), *calls, {}]
    deltas[0] = {"role": "assistant", **deltas[0]}
    steps: list[dict[str, Any]] = [{"index": index, "delta": delta, "finish_reason": None} for delta in deltas]
    steps[-1]["finish_reason"] = finish_reason or ("tool_calls" if calls else "stop")
    return steps


def _call_deltas(number: int, call: ChatCompletionMessageToolCall) -> Iterator[dict[str, Any]]:
    """One tool call: its name, then its arguments in a few pieces."""
    begun = call.model_dump(exclude_none=True)
    arguments = call.function.arguments
    size = -(-len(arguments) // ARGUMENT_PIECES) or 1
    function = {**begun["function"], "arguments": ""}
    yield {"tool_calls": [{"id": f"call_mock_{number}", **begun, "index": number, "function": function}]}
    for start in range(0, len(arguments), size):
        yield {"tool_calls": [{"index": number, "function": {"arguments": arguments[start : start + size]}}]}


def chunk_frames(head: Mapping[str, Any], choices: Sequence[Sequence[dict[str, Any]]]) -> list[bytes]:
    """The steps of each choice in turn, as OpenAI interleaves them, a chunk each."""
    return [_frame(head, [step]) for steps in zip_longest(*choices) for step in steps if step is not None]


def last_frames(head: Mapping[str, Any], usage: Mapping[str, Any]) -> list[bytes]:
    """What follows when all choices are finished."""
    return [_frame(head, [], usage=usage), END]


def _frame(head: Mapping[str, Any], choices: list[dict[str, Any]], **extra: Any) -> bytes:
    chunk = {**head, "object": "chat.completion.chunk", "choices": choices, **extra}
    return json.dumps(chunk, separators=(",", ":")).encode()


def words(text: str) -> list[str]:
    """`text` cut before the white space of each word; joined again it is the same.

    >>> words("Mock response content")
    ['Mock', ' response', ' content']
    """
    return re.findall(r"\s*\S+|\s+", text)
