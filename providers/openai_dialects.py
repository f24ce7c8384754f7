"""What servers of OpenAI's format do differently, brought to its shape.

`reasoning` for `reasoning_content` (OpenRouter, gpt-oss servers), content as a list of parts (Mistral), a whole message
for a delta, null where a field should be missing. What is of a wrong type altogether stays as it is: validation tells.
"""

from __future__ import annotations

from typing import Any

from rillm.streams.json_values import is_array, is_object

NAMES = frozenset({"id", "model", "system_fingerprint", "service_tier"})


def has_its_type(key: str, value: Any) -> bool:
    """Whether a field beside the choices has its type; a wrong `id` or `created` is no reason to lose the answer."""
    if key == "created":
        return isinstance(value, int)
    return isinstance(value, str) or key not in NAMES


def tidied_choice(choice: Any) -> Any:
    """A choice that did not validate, or came whole, in the shape of a chunk's."""
    if not is_object(choice):
        return choice
    delta: Any = choice.get("delta")
    if delta is None:  # an empty one may have all of the answer beside it: Perplexity repeats it at the end
        delta = choice.get("message") or {}
    rest = {key: value for key, value in choice.items() if key not in {"message", "delta"} and value is not None}
    return {**rest, "delta": _tidied_delta(delta) if is_object(delta) else delta}


def rename_reasoning(extra: dict[str, Any] | None) -> None:
    """Call reasoning `reasoning_content`, as DeepSeek and LiteLLM do; where both names come, that one counts."""
    if extra and isinstance(extra.get("reasoning", ""), str | None):
        reasoning = extra.pop("reasoning", None)
        if reasoning and not extra.get("reasoning_content"):
            extra["reasoning_content"] = reasoning


def _tidied_delta(delta: dict[str, Any]) -> dict[str, Any]:
    tidied = dict(delta)
    content, calls = delta.get("content"), delta.get("tool_calls")
    if is_array(content):
        tidied.update(_from_parts(content))
    if is_object(calls):
        calls = [calls]
    if is_array(calls):
        tidied["tool_calls"] = [_without_nulls(call) for call in calls]
    rename_reasoning(tidied)
    return tidied


def _without_nulls(call: Any) -> Any:
    return {key: value for key, value in call.items() if value is not None} if is_object(call) else call


def _from_parts(parts: list[Any]) -> dict[str, Any]:
    """Content and reasoning from a list of parts: https://docs.mistral.ai/capabilities/reasoning/."""
    texts: list[str] = []
    thoughts: list[str] = []
    for part in parts:
        if isinstance(part, str):
            texts.append(part)
        elif is_object(part) and part.get("type") == "thinking":
            thinking: Any = part.get("thinking") or []
            inner: list[Any] = thinking if is_array(thinking) else [{"text": thinking}]
            thoughts.extend(str(piece.get("text") or "") for piece in inner if is_object(piece))
        elif is_object(part):
            texts.append(str(part.get("text") or ""))
    found: dict[str, Any] = {"content": "".join(texts) or None}
    if thoughts:
        found["reasoning_content"] = "".join(thoughts)
    return found
