"""OpenAI's messages as a conversation of Converse.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Message.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rillm.providers.bedrock_blocks import wrapped
from rillm.providers.bedrock_parts import Parts, cache_point
from rillm.providers.tool_arguments import arguments_of
from rillm.streams.errors import BadRequestError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from rillm.providers.request import ChatCall

    Block = dict[str, Any]
    Said = Mapping[str, Any]


def conversation(call: ChatCall) -> dict[str, Any]:
    """`system` and `messages` of a request; neighbours of one role become one message, as the API wants turns.

    Raises:
        BadRequestError: a message is not what OpenAI's format allows.
        UnsupportedParamsError: Converse has no block for what is in it.
    """
    parts = Parts(call)
    system: list[Block] = []
    messages: list[dict[str, Any]] = []
    for said in call.messages:
        role, blocks = said.get("role"), blocks_of(said, parts)
        if role in {"system", "developer"}:
            system += blocks
            continue
        role = "assistant" if role == "assistant" else "user"
        if messages and messages[-1]["role"] == role:
            messages[-1]["content"] += blocks
        elif blocks:
            messages.append({"role": role, "content": blocks})
    return {"messages": messages, **({"system": system} if system else {})}


def blocks_of(said: Said, parts: Parts) -> list[Block]:
    match said.get("role"):
        case "system" | "developer" | "user":
            return parts.blocks(said.get("content"), said)
        case "assistant":
            return [*thoughts(said), *parts.blocks(said.get("content"), said), *calls(said)]
        case "tool":
            return [tool_result(said, parts), *cache_point(said)]
        case role:
            raise BadRequestError(f"Bedrock knows no messages of the role {role!r}.", llm_provider="bedrock")


def thoughts(said: Said) -> Iterator[Block]:
    """Thinking of an earlier answer. Models take back only what they can verify."""
    for block in said.get("thinking_blocks") or ():
        match block:
            case {"type": "thinking", "thinking": text, "signature": str(signature)}:
                yield {"reasoningContent": {"reasoningText": {"text": text, "signature": signature}}}
            case {"type": "redacted_thinking", "data": str(data)}:
                yield {"reasoningContent": {"redactedContent": wrapped(data)}}
            case _:
                pass


def calls(said: Said) -> Iterator[Block]:
    for call in said.get("tool_calls") or ():
        function: dict[str, Any] = call.get("function") or {}
        yield {"toolUse": {"toolUseId": call.get("id"), "name": function.get("name"), "input": arguments_of(function)}}
        yield from cache_point(call)


def tool_result(said: Said, parts: Parts) -> Block:
    return {"toolResult": {"toolUseId": said.get("tool_call_id"), "content": parts.blocks(said.get("content"), {})}}
