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
            if delta.content and not delta.__pydantic_extra__:
                return (chunk,)  # nearly every chunk; all that follows is about the others
        extra = chunk.__pydantic_extra__ or {}
        if type(frame) is not bytes or not extra.keys().isdisjoint(SPECIAL) or "choices" not in chunk.model_fields_set:
            return self._decode_other(frame)
        for choice in chunk.choices:
            rename_reasoning(choice.delta.__pydantic_extra__)
        return (chunk,)

    def _decode_other(self, frame: bytes) -> Sequence[ModelResponseStream]:
        if frame == END:
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
        if data.get("error") or data.get("object") == "error":
            raise failure(data)
        groq = data.pop("x_groq", None)
        if isinstance(groq, dict) and groq.get("usage") and not data.get("usage"):
            data["usage"] = groq["usage"]
        data["choices"] = [tidied(choice) for choice in data.get("choices") or () if isinstance(choice, dict)]
        return (self._validated(data, frame),)

    def _decode_whole(self, frame: bytes) -> Sequence[ModelResponseStream]:
        """A body that is no stream: a whole answer, or an error."""
        try:
            data = from_json(frame)
        except ValueError:
            raise not_a_stream(frame) from None
        choices = data.get("choices") if isinstance(data, dict) else None
        if not isinstance(choices, list) or data.get("error"):
            raise failure(data)
        self.terminated = True
        data["choices"] = [tidied({**choice, "delta": choice.get("message")}) for choice in choices]
        data["object"] = "chat.completion.chunk"
        return (self._validated(data, frame),)

    @staticmethod
    def _validated(data: dict[str, Any], frame: bytes) -> ModelResponseStream:
        try:
            return ModelResponseStream.model_validate(data)
        except ValidationError as error:
            field = ".".join(str(part) for part in error.errors()[0]["loc"])
            raise StreamDecodeError(f"A chunk is not what the format allows, at {field}: {shown(frame)}") from None


def rename_reasoning(extra: dict[str, Any] | None) -> None:
    """Call reasoning `reasoning_content`, as DeepSeek and LiteLLM do; where both names come, that one counts."""
    if extra and "reasoning" in extra:
        reasoning = extra.pop("reasoning")
        if isinstance(reasoning, str) and not extra.get("reasoning_content"):
            extra["reasoning_content"] = reasoning


def tidied(choice: dict[str, Any]) -> dict[str, Any]:
    """A choice that did not validate, or came whole, in the shape of a chunk's."""
    delta = dict(choice.get("delta") or {})
    if isinstance(delta.get("content"), list):
        delta.update(from_parts(delta["content"]))
    rename_reasoning(delta)
    if isinstance(delta.get("tool_calls"), list):
        delta["tool_calls"] = [{**call, "function": call.get("function") or {}} for call in delta["tool_calls"]]
    rest = {key: value for key, value in choice.items() if key not in {"message", "delta"} and value is not None}
    return {**rest, "delta": delta}


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
