"""Choices that nobody generated, in the frames in which OpenAI would stream them."""

from __future__ import annotations

import json
import os
import time
import uuid
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from rillm.streams.errors import BadRequestError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from rillm.streams.errors import RillmError
    from rillm.streams.response import ChatCompletionMessageToolCall, Message

ARGUMENT_PIECES: Final = 3
CHUNK: Final = "chat.completion.chunk"
END: Final = b"[DONE]"
# LiteLLM's variables, and how many tokens a mocked call takes where they are not set.
PROMPT_TOKENS: Final = ("DEFAULT_MOCK_RESPONSE_PROMPT_TOKEN_COUNT", 10)
COMPLETION_TOKENS: Final = ("DEFAULT_MOCK_RESPONSE_COMPLETION_TOKEN_COUNT", 20)


class MockAnswer(NamedTuple):
    """The chunks of an answer, and what follows them: its last frames, or an error in the middle of it."""

    chunks: list[bytes]
    end: list[bytes] | RillmError


def head_of(body: Mapping[str, Any]) -> dict[str, Any]:
    """What stands in every frame of the answer to `body`; its id is new each time."""
    return {"id": f"chatcmpl-{uuid.uuid4()}", "created": int(time.time()), "model": body.get("model")}


def mock_usage() -> dict[str, int]:
    """The tokens of a call that took none, by the environment of this moment.

    Raises:
        BadRequestError: a variable is set to what is no number.
    """
    prompt, completion = _count(*PROMPT_TOKENS), _count(*COMPLETION_TOKENS)
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}


def _count(variable: str, default: int) -> int:
    value = os.environ.get(variable, "").strip()
    if value and not value.isdecimal():
        raise BadRequestError(f"{variable} has to be a number of tokens, not {value!r}.")
    return int(value or default)


def choice_steps(
    index: int, pieces: Sequence[str], message: Message, finish_reason: str | None = None
) -> list[dict[str, Any]]:
    """One choice as it stands in each of its chunks; the last step finishes it.

    Args:
        index: of the choice.
        pieces: the text of the answer, a chunk each.
        message: the rest of the answer: role, tool calls and what else it holds; its content is not looked at.
        finish_reason: None for what OpenAI would say.
    """
    others = message.model_dump(exclude_none=True, exclude={"content", "role", "tool_calls"})
    calls = [delta for number, call in enumerate(message.tool_calls or ()) for delta in _call_deltas(number, call)]
    deltas = [*([others] if others else []), *({"content": piece} for piece in pieces), *calls, {}]
    deltas[0] = {"role": message.role, **deltas[0]}
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
    turns = (step for steps in zip_longest(*choices) for step in steps if step is not None)
    return [frame({**head, "object": CHUNK, "choices": [step]}) for step in turns]


def last_frames(head: Mapping[str, Any], usage: Mapping[str, Any]) -> list[bytes]:
    """What follows when all choices are finished."""
    return [frame({**head, "object": CHUNK, "choices": [], "usage": usage}), END]


def frame(chunk: Mapping[str, Any]) -> bytes:
    """A chunk as it goes over the wire."""
    return json.dumps(chunk, separators=(",", ":")).encode()
