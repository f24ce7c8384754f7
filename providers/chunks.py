"""Chunks as decoders make them: what the provider said, without the promises that `rillm.streams.tidy` adds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeVar

from pydantic import BaseModel

from rillm.streams.chunk import Delta, ModelResponseStream, StreamingChoices

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

M = TypeVar("M", bound=BaseModel)


def chunk_of(
    delta: dict[str, Any], *, index: int = 0, finish_reason: str | None = None, logprobs: Any = None, **top: Any
) -> ModelResponseStream:
    """A validated chunk of one choice.

    Args:
        delta: what it brings.
        index: of the choice.
        finish_reason: in OpenAI's words.
        logprobs: of the choice's tokens, in OpenAI's shape.
        top: fields of the chunk itself: `id`, `model`, `usage`, …
    """
    choice: dict[str, Any] = {"index": index, "delta": delta}
    if finish_reason is not None:
        choice["finish_reason"] = finish_reason
    if logprobs is not None:
        choice["logprobs"] = logprobs
    return ModelResponseStream.model_validate({**top, "choices": [choice]})


def head_chunk(**top: Any) -> ModelResponseStream:
    """A chunk without a choice: what is known before the answer begins."""
    return ModelResponseStream.model_validate({**top, "choices": []})


def end_chunk(
    native: str | None, reasons: Mapping[str, str], *, called: bool = False, usage: Any = None, **fields: Any
) -> ModelResponseStream:
    """The chunk that ends an answer.

    Args:
        native: the provider's word for why, kept in `provider_specific_fields["native_finish_reason"]`.
        reasons: OpenAI's word for each of the provider's; one that is missing stays as it is.
        called: whether the client has calls to run, which OpenAI has a word for.
        usage: in OpenAI's counting.
        fields: what else is to be kept of the end.
    """
    reason = (reasons.get(native, native) if native else None) or "stop"
    if native:
        fields["native_finish_reason"] = native
    return chunk_of(
        {"provider_specific_fields": fields} if fields else {},
        finish_reason="tool_calls" if called and reason == "stop" else reason,
        usage=usage,
    )


def text_chunk(text: str, index: int = 0) -> ModelResponseStream:
    """A chunk with a piece of the answer, as `chunk_of({"content": text})` makes it, for half of the time."""
    delta = _made(Delta, DELTA, {"content": text})
    choice = _made(StreamingChoices, CHOICE, {"index": index, "delta": delta})
    return _made(ModelResponseStream, CHUNK, {"choices": [choice]})


def _defaults(model: type[BaseModel]) -> dict[str, Any]:
    return {name: field.get_default() for name, field in model.model_fields.items()}


DELTA: Final = _defaults(Delta)
CHOICE: Final = _defaults(StreamingChoices)
CHUNK: Final = _defaults(ModelResponseStream)

# The slots' own setters: pydantic's `__setattr__` and `model_construct` would cost more than validation.
_set_fields_set: Callable[[BaseModel, set[str]], None] = BaseModel.__dict__["__pydantic_fields_set__"].__set__
_set_extra: Callable[[BaseModel, dict[str, Any]], None] = BaseModel.__dict__["__pydantic_extra__"].__set__
_set_private: Callable[[BaseModel, None], None] = BaseModel.__dict__["__pydantic_private__"].__set__


def _made(model: type[M], defaults: dict[str, Any], values: dict[str, Any]) -> M:
    """An instance with these values, which are known to be valid."""
    instance: M = object.__new__(model)
    fields: Any = instance.__dict__
    fields.update(defaults)
    fields.update(values)
    _set_fields_set(instance, set(values))
    _set_extra(instance, {})
    _set_private(instance, None)
    return instance
