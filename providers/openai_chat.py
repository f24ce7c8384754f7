"""OpenAI's chat completions: https://platform.openai.com/docs/api-reference/chat-streaming.

Also the format of everyone who imitates it, with what they do differently: `reasoning` for `reasoning_content` (OpenRouter,
gpt-oss servers), content as a list of parts (Mistral), usage in `x_groq`, errors as plain events, whole answers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import ValidationError
from pydantic_core import from_json

from rillm.providers.failures import failure, not_a_stream
from rillm.providers.framing import WHOLE_BODY
from rillm.streams.chunk import ModelResponseStream
from rillm.streams.errors import StreamDecodeError
from rillm.streams.frame import NamedFrame

if TYPE_CHECKING:
    from collections.abc import Sequence

END = b"[DONE]"
SPECIAL = frozenset({"error", "x_groq"})  # fields of a chunk that need a look


class OpenAIChatDecoder:
    """Frames of `chat.completion.chunk` to chunks."""

    finish_ends = True

    def __init__(self) -> None:
        self.terminated = False
        self._validate = ModelResponseStream.__pydantic_validator__.validate_json

    def decode(self, frame: bytes) -> Sequence[ModelResponseStream]:
        try:
            chunk = self._validate(frame)
        except ValidationError:
            return self._decode_other(frame)
        if len(chunk.choices) == 1:
            delta = chunk.choices[0].delta
            if delta.content and not delta.__pydantic_extra__ and "error" not in (chunk.__pydantic_extra__ or ()):
                return (chunk,)  # nearly every chunk; all that follows is about the others
        extra = chunk.__pydantic_extra__ or {}
        if type(frame) is not bytes or not extra.keys().isdisjoint(SPECIAL) or "choices" not in chunk.model_fields_set:
            return self._decode_other(frame)
        for choice in chunk.choices:
            if choice.__pydantic_extra__ and choice.__pydantic_extra__.get("error"):
                return self._decode_other(frame)
            rename_reasoning(choice.delta.__pydantic_extra__)
        return (chunk,)

    def _decode_other(self, frame: bytes) -> Sequence[ModelResponseStream]:
        if frame.strip() == END:
            self.terminated = True
            return ()
        event = frame.event if isinstance(frame, NamedFrame) else ""
        if event == WHOLE_BODY:
            return self._decode_whole(frame)
        if event == "error":
            raise failure(parsed(frame, or_text=True))
        return self._decode_odd(frame)

    def _decode_odd(self, frame: bytes) -> Sequence[ModelResponseStream]:
        if not frame.strip():
            return ()
        data = parsed(frame)
        if not isinstance(data, dict):
            raise StreamDecodeError(f"A chunk is not a JSON object: {shown(frame)}")
        raise_if_error(data)
        groq = data.get("x_groq")
        if isinstance(groq, dict) and groq.get("usage") and not data.get("usage"):
            data["usage"] = groq["usage"]
        return (self._chunk(data, frame),)

    def _decode_whole(self, frame: bytes) -> Sequence[ModelResponseStream]:
        """A body that is no stream: a whole answer, or an error."""
        try:
            data = from_json(frame)
        except ValueError:
            raise not_a_stream(frame) from None
        if not isinstance(data, dict) or not isinstance(data.get("choices"), list):
            raise failure(data)
        raise_if_error(data)
        self.terminated = True
        return (self._chunk(data, frame),)

    def _chunk(self, data: dict[str, Any], frame: bytes) -> ModelResponseStream:
        values = {key: value for key, value in data.items() if value is not None and is_usable(key, value)}
        choices = values.get("choices", [])
        values["choices"] = [self.tidied(choice) for choice in choices] if isinstance(choices, list) else choices
        values["object"] = "chat.completion.chunk"
        try:
            return ModelResponseStream.model_validate(values)
        except ValidationError as error:
            field = ".".join(str(part) for part in error.errors()[0]["loc"])
            raise StreamDecodeError(f"A chunk is not what the format allows, at {field}: {shown(frame)}") from None

    def tidied(self, choice: Any) -> Any:
        """A choice that did not validate, or came whole, in the shape of a chunk's; what is no choice stays as it is."""
        if not isinstance(choice, dict):
            return choice
        delta = choice.get("delta") or choice.get("message") or {}
        rest = {key: value for key, value in choice.items() if key not in {"message", "delta"} and value is not None}
        return {**rest, "delta": tidied_delta(delta) if isinstance(delta, dict) else delta}


def raise_if_error(data: dict[str, Any]) -> None:
    """Raise what a frame says went wrong, in any of the places where servers say it."""
    groq, choices = data.get("x_groq"), data.get("choices")
    if data.get("error") or data.get("object") == "error":
        raise failure(data)
    if isinstance(groq, dict) and groq.get("error"):
        raise failure(groq)
    for choice in choices if isinstance(choices, list) else ():
        if isinstance(choice, dict) and choice.get("error"):
            raise failure(choice)
    if choices is None and isinstance(data.get("message") or data.get("detail"), str):
        raise failure(data)


def is_usable(key: str, value: Any) -> bool:
    """Whether a field of a chunk has its type; a wrong `created` or `id` is no reason to lose the answer."""
    if key == "created":
        return isinstance(value, int)
    return isinstance(value, str) or key not in {"id", "model", "system_fingerprint", "service_tier"}


def rename_reasoning(extra: dict[str, Any] | None) -> None:
    """Call reasoning `reasoning_content`, as DeepSeek and LiteLLM do; where both names come, that one counts."""
    if extra and isinstance(extra.get("reasoning", ""), str | None):
        reasoning = extra.pop("reasoning", None)
        if reasoning and not extra.get("reasoning_content"):
            extra["reasoning_content"] = reasoning


def tidied_delta(delta: dict[str, Any]) -> dict[str, Any]:
    tidied = dict(delta)
    if isinstance(delta.get("content"), list):
        tidied.update(from_parts(delta["content"]))
    rename_reasoning(tidied)
    calls = delta.get("tool_calls")
    if calls:
        calls = [calls] if isinstance(calls, dict) else calls
        tidied["tool_calls"] = [without_nulls(call) for call in calls] if isinstance(calls, list) else calls
    return tidied


def without_nulls(call: Any) -> Any:
    return {key: value for key, value in call.items() if value is not None} if isinstance(call, dict) else call


def from_parts(parts: list[Any]) -> dict[str, Any]:
    """Content and reasoning from a list of parts: https://docs.mistral.ai/capabilities/reasoning/."""
    texts: list[str] = []
    thoughts: list[str] = []
    for part in parts:
        if isinstance(part, str):
            texts.append(part)
        elif isinstance(part, dict) and part.get("type") == "thinking":
            thinking = part.get("thinking") or []
            inner = [{"text": thinking}] if isinstance(thinking, str) else thinking
            thoughts.extend(str(piece.get("text") or "") for piece in inner if isinstance(piece, dict))
        elif isinstance(part, dict):
            texts.append(str(part.get("text") or ""))
    found: dict[str, Any] = {"content": "".join(texts) or None}
    if thoughts:
        found["reasoning_content"] = "".join(thoughts)
    return found


def parsed(frame: bytes, *, or_text: bool = False) -> Any:
    """The JSON in `frame`."""
    try:
        return from_json(frame)
    except ValueError as error:
        if or_text:
            return frame.decode(errors="replace")
        raise StreamDecodeError(f"A chunk is not JSON ({error}): {shown(frame)}") from None


def shown(frame: bytes) -> str:
    """The beginning of a frame, for a message."""
    return repr(frame[:200].decode(errors="replace")) + ("…" if len(frame) > 200 else "")  # noqa: PLR2004 - enough to see
