"""Chunks with other texts than those that came; what came is not touched, for others may look at it."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel

from rillm.streams.chunk import Delta, ModelResponseStream, StreamingChoices

if TYPE_CHECKING:
    from collections.abc import Callable

    Setter = Callable[[BaseModel, Any], None]

M = TypeVar("M", bound=BaseModel)

# The slots' own setters: `setattr` of a pydantic model costs as much as all the rest of a copy.
_set_fields: Setter = BaseModel.__dict__["__dict__"].__set__
_set_names: Setter = BaseModel.__dict__["__pydantic_fields_set__"].__set__
_set_extra: Setter = BaseModel.__dict__["__pydantic_extra__"].__set__
_set_private: Setter = BaseModel.__dict__["__pydantic_private__"].__set__


def changed(model: M, fields: dict[str, Any], extra: dict[str, Any] | None = None) -> M:
    """A copy with other values of declared fields, which are not validated; what it has below is shared.

    `extra`: the fields beside those, instead of the same ones.

    >>> changed(Delta(content="Hi"), {"content": "Ho"}).content
    'Ho'
    """
    made = object.__new__(model.__class__)
    _set_fields(made, {**model.__dict__, **fields})
    _set_names(made, {*model.__pydantic_fields_set__, *fields})
    _set_extra(made, {**(model.__pydantic_extra__ or {})} if extra is None else extra)
    _set_private(made, model.__pydantic_private__)
    return made


def with_texts(
    chunk: ModelResponseStream, index: int, texts: dict[str, str | None], **fields: Any
) -> ModelResponseStream:
    """`chunk` with these texts in the delta of the choice `index`, None for nothing, and these fields of the choice.

    >>> chunk = ModelResponseStream(choices=[{"delta": {"content": "Hi", "role": "assistant"}}])
    >>> with_texts(chunk, 0, {"content": "Ho"}).choices[0].delta.role
    'assistant'
    """
    choices = [
        changed(choice, {"delta": _with_texts(choice.delta, texts), **fields}) if choice.index == index else choice
        for choice in chunk.choices
    ]
    return changed(chunk, {"choices": choices})


def piece(chunk: ModelResponseStream, index: int, field: str, text: str) -> ModelResponseStream:
    """A chunk of the same answer that brings nothing but this text to a field of the choice `index`.

    >>> piece(ModelResponseStream(id="1"), 0, "reasoning_content", "Hm").choices[0].delta.reasoning_content
    'Hm'
    """
    blank = _blank()
    return another(chunk, changed(blank, {"index": index, "delta": _with_texts(blank.delta, {field: text})}))


def finish(chunk: ModelResponseStream, index: int, reason: str) -> ModelResponseStream:
    """A chunk of the same answer that brings nothing but the end of the choice `index`.

    >>> finish(ModelResponseStream(id="1"), 0, "stop").choices[0].finish_reason
    'stop'
    """
    return another(chunk, changed(_blank(), {"index": index, "finish_reason": reason}))


def another(chunk: ModelResponseStream, choice: StreamingChoices, **fields: Any) -> ModelResponseStream:
    """A chunk of the same answer with this choice and these fields. The usage of an answer is told once.

    >>> another(ModelResponseStream(id="1"), StreamingChoices(finish_reason="stop")).choices[0].finish_reason
    'stop'
    """
    extra = {name: value for name, value in chunk.extra.items() if name != "usage"}
    return changed(chunk, {"choices": [choice], **fields}, extra)


def _with_texts(delta: Delta, texts: dict[str, str | None]) -> Delta:
    if len(texts) == 1 and "content" in texts:  # nearly always
        return changed(delta, texts)
    content = {name: text for name, text in texts.items() if name == "content"}
    others = {name: value for name, value in delta.extra.items() if name not in texts}
    beside = {name: text for name, text in texts.items() if name not in content and text is not None}
    return changed(delta, content, {**others, **beside})


@cache
def _blank() -> StreamingChoices:
    return StreamingChoices()
