"""A chunk of ours from one that comes from elsewhere: a dict, an object of the OpenAI SDK, a legacy completion."""

from __future__ import annotations

from typing import Any, Final

from pydantic import BaseModel

from rillm.streams.chunk import ModelResponseStream
from rillm.streams.json_values import is_array, is_object
from rillm.streams.model import set_hidden_params

HIDDEN_PARAMS: Final = "_hidden_params"
TEXT_COMPLETION: Final = "text_completion"


def as_chunk(value: Any) -> ModelResponseStream:
    """`value` itself if it is a chunk of ours.

    Raises:
        ValueError, TypeError: it is no chunk of anybody.
    """
    if isinstance(value, ModelResponseStream):
        return value
    fields = value.model_dump() if isinstance(value, BaseModel) else dict(value)
    hidden = fields.pop(HIDDEN_PARAMS, None) or getattr(value, HIDDEN_PARAMS, None)
    choices = fields.get("choices")
    if is_array(choices):
        fields["choices"] = [with_delta(choice) for choice in choices]
    chunk = ModelResponseStream.model_validate(fields)
    if is_object(hidden):
        set_hidden_params(chunk, hidden)
    return chunk


def is_text_completion(value: Any) -> bool:
    """Whether a chunk from elsewhere is one of a legacy completion."""
    name = value.get("object") if is_object(value) else getattr(value, "object", None)
    return name == TEXT_COMPLETION and not isinstance(value, ModelResponseStream)


def with_delta(choice: Any) -> Any:
    """A choice whose delta is not where chat completions have it: a text, or a whole message."""
    if not is_object(choice) or is_object(choice.get("delta")):
        return choice
    delta = {"content": choice["text"]} if "text" in choice else choice.get("message") or {}
    return {**{key: value for key, value in choice.items() if key not in {"text", "message"}}, "delta": delta}
