"""Chunks as decoders make them: what the provider said, before `rillm.streams.tidy` gives it its final shape."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeVar

from pydantic import BaseModel

from rillm.streams.chunk import Delta, ModelResponseStream, StreamingChoices

if TYPE_CHECKING:
    from collections.abc import Callable

M = TypeVar("M", bound=BaseModel)


def chunk_of(
    delta: dict[str, Any], *, index: int = 0, finish_reason: str | None = None, **top: Any
) -> ModelResponseStream:
    """A validated chunk of one choice.

    Args:
        delta: what it brings.
        index: of the choice.
        finish_reason: in OpenAI's words.
        top: fields of the chunk itself: `id`, `model`, `usage`, …
    """
    choice: dict[str, Any] = {"index": index, "delta": delta}
    if finish_reason is not None:
        choice["finish_reason"] = finish_reason
    return ModelResponseStream.model_validate({**top, "choices": [choice]})


def text_chunk(text: str, index: int = 0) -> ModelResponseStream:
    """A chunk with a piece of the answer: equal to `chunk_of({"content": text})`, for half the time."""
    delta = _made(Delta, {**DELTA, "content": text}, {"content"})
    choice = _made(StreamingChoices, {**CHOICE, "index": index, "delta": delta}, {"index", "delta"})
    return _made(ModelResponseStream, {**CHUNK, "choices": [choice]}, {"choices"})


def _defaults(model: type[BaseModel]) -> dict[str, Any]:
    """The fields that are the same in every text chunk; those made by a function are always given."""
    return {name: None if field.default_factory else field.default for name, field in model.model_fields.items()}


DELTA: Final = _defaults(Delta)
CHOICE: Final = _defaults(StreamingChoices)
CHUNK: Final = _defaults(ModelResponseStream)

# The slots' own setters: pydantic's `__setattr__` and `model_construct` cost more than validation.
_set_fields: Callable[[BaseModel, dict[str, Any]], None] = BaseModel.__dict__["__dict__"].__set__
_set_given: Callable[[BaseModel, set[str]], None] = BaseModel.__dict__["__pydantic_fields_set__"].__set__
_set_extra: Callable[[BaseModel, dict[str, Any]], None] = BaseModel.__dict__["__pydantic_extra__"].__set__
_set_private: Callable[[BaseModel, None], None] = BaseModel.__dict__["__pydantic_private__"].__set__


def _made(model: type[M], fields: dict[str, Any], given: set[str]) -> M:
    """An instance with these fields, which are known to be valid."""
    instance: M = object.__new__(model)
    _set_fields(instance, fields)
    _set_given(instance, given)
    _set_extra(instance, {})
    _set_private(instance, None)
    return instance
