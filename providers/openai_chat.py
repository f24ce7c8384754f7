"""OpenAI's chat completions: https://platform.openai.com/docs/api-reference/chat-streaming.

Also the format of everyone who imitates it, with what they do differently (see `openai_dialects`), and with usage in
`x_groq`, errors as plain events, whole answers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import ValidationError
from pydantic_core import from_json

from rillm.providers.failures import failure
from rillm.providers.framing import WHOLE_BODY
from rillm.providers.openai_dialects import has_its_type, rename_reasoning, tidied_choice
from rillm.providers.whole_body import body_of
from rillm.streams.chunk import ModelResponseStream
from rillm.streams.errors import StreamDecodeError
from rillm.streams.frame import event_of
from rillm.streams.json_values import is_array, is_object
from rillm.streams.model import field_of

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
        extra: dict[str, Any] = chunk.__pydantic_extra__ or {}
        if type(frame) is not bytes or not extra.keys().isdisjoint(SPECIAL) or "choices" not in chunk.model_fields_set:
            return self._decode_other(frame)
        for choice in chunk.choices:
            others: dict[str, Any] = choice.__pydantic_extra__ or {}
            if others.get("error") or others.get("message"):
                return self._decode_other(frame)
            rename_reasoning(choice.delta.__pydantic_extra__)
        return (chunk,)

    def _decode_other(self, frame: bytes) -> Sequence[ModelResponseStream]:
        if frame.strip() == END:
            self.terminated = True
            return ()
        event = event_of(frame)
        if event == WHOLE_BODY:
            return self._decode_whole(frame)
        if event == "error":
            raise failure(parsed(frame, or_text=True))
        return self._decode_odd(frame)

    def _decode_odd(self, frame: bytes) -> Sequence[ModelResponseStream]:
        if not frame.strip():
            return ()
        data = parsed(frame)
        if not is_object(data):
            raise StreamDecodeError(f"A chunk is not a JSON object: {shown(frame)}")
        raise_if_error(data)
        if data.get("type") == "ping":
            return ()
        groq = data.get("x_groq")
        if is_object(groq):
            data["usage"] = data.get("usage") or groq.pop("usage", None)
        return (self._chunk(data, frame),)

    def _decode_whole(self, frame: bytes) -> Sequence[ModelResponseStream]:
        """A body that is no stream: a whole answer, or an error."""
        data = body_of(frame)
        if not is_object(data) or not is_array(data.get("choices")):
            raise failure(data)
        raise_if_error(data)
        self.terminated = True
        return (self._chunk(data, frame),)

    def _chunk(self, data: dict[str, Any], frame: bytes) -> ModelResponseStream:
        values = {key: value for key, value in data.items() if value is not None and has_its_type(key, value)}
        choices = values.get("choices", [])
        values["choices"] = [self.tidied(choice) for choice in choices] if is_array(choices) else choices
        values["object"] = "chat.completion.chunk"
        try:
            return ModelResponseStream.model_validate(values)
        except ValidationError as error:
            where = field_of(error)
            raise StreamDecodeError(f"A chunk is not what the format allows, at {where}: {shown(frame)}") from None

    def tidied(self, choice: Any) -> Any:
        """A choice that did not validate, or came whole, in the shape of a chunk's."""
        return tidied_choice(choice)


def raise_if_error(data: dict[str, Any]) -> None:
    """Raise what a frame says went wrong, in any of the places where servers say it."""
    groq, choices = data.get("x_groq"), data.get("choices")
    if data.get("error") or data.get("object") == "error":
        raise failure(data)
    for part in (groq, *(choices if is_array(choices) else ())):
        if is_object(part) and part.get("error"):
            raise failure(part)
    if choices is None and isinstance(data.get("message") or data.get("detail"), str):
        raise failure(data)


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
