"""Events, drawn short, and chunks that have some."""

from __future__ import annotations

from typing import Any

import rillm
from rillm.testing import chunk

CALL = "tool_calls.function.arguments"


def call(arguments: str = "", name: str | None = None, number: int = 0, **fields: Any) -> dict[str, Any]:
    function = {"arguments": arguments, **({"name": name} if name else {})}
    return {"index": number, "function": function, **({"id": f"call_{number}"} if name else {}), **fields}


def calls(*fragments: dict[str, Any], **fields: Any) -> rillm.ModelResponseStream:
    return chunk(tool_calls=[*fragments], **fields)


def sure(*tokens: str, of: str = "content") -> rillm.ModelResponseStream:
    """A chunk with these tokens and their logprobs."""
    rows: list[dict[str, Any]] = [
        {"token": token, "logprob": -0.5, "bytes": None, "top_logprobs": []} for token in tokens
    ]
    choice: dict[str, Any] = {"index": 0, "delta": {of: "".join(tokens)}, "logprobs": {of: rows}}
    return rillm.ModelResponseStream.model_validate({"id": "1", "created": 1, "model": "m", "choices": [choice]})


def shown(event: Any) -> str:
    """The type of an event of ours or of the OpenAI SDK's, and what it brings.

    >>> from rillm.stream_events import ContentDeltaEvent
    >>> shown(ContentDeltaEvent("Hel", choice_index=1))
    '1: content.delta Hel'
    """
    kind: str = event.type.replace(CALL, "call")
    choice = f"{event.choice_index}: " if getattr(event, "choice_index", 0) else ""
    match kind.rpartition("."):
        case ("call", _, "delta"):
            said = f"{event.index} {event.name} {event.arguments_delta}"
        case ("call", _, "done"):
            said = f"{event.index} {event.name} {event.arguments}"
        case (what, _, "delta") if not what.startswith("logprobs"):
            said = event.delta
        case (what, _, _):
            value: Any = getattr(event, what.rpartition(".")[2])
            said = value if isinstance(value, str) else ",".join(token.token for token in value)
    return f"{choice}{kind} {said}"
